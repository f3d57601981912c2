//! What a script makes of a good answer: its JSON, its bytes, its way, its date.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::reply::{Reply, Wire};
use crate::Instant;

/// Applies the oddities to the JSON of a good answer.
pub(super) fn odd(mut reply: Reply, faults: &[Fault]) -> Reply {
    if !reply.response.status().is_success() {
        return reply;
    }
    let Ok(mut body) = serde_json::from_slice::<Map<String, Value>>(reply.response.body()) else {
        return reply;
    };
    let oddities = || {
        faults.iter().filter_map(|fault| match fault {
            Fault::Odd(odd) => Some(odd),
            _ => None,
        })
    };
    oddities().for_each(|odd| odd.change(&mut body));
    let text = json!(body).to_string();
    let text = oddities().fold(text, |text, odd| odd.write(&body, text));
    *reply.response.body_mut() = text.into();
    reply
}

/// Applies what happens to the bytes and on the wire, and the date.
pub(super) fn dress(mut reply: Reply, faults: &[Fault], now: Instant) -> Reply {
    for fault in faults {
        match fault {
            Fault::Compressed(coding) => reply = reply.encoded(*coding),
            Fault::ShortBody { after } => reply.response.body_mut().truncate(*after),
            _ => {}
        }
        let whole = reply.wire == Wire::Whole;
        match fault {
            Fault::Delay(delay) => reply.delay = reply.delay.saturating_add(*delay),
            Fault::CutBody { after } if whole => reply.wire = Wire::CutBody { after: *after },
            Fault::Stall { after } if whole => reply.wire = Wire::Stall { after: *after },
            Fault::Drip { chunk, every } if whole => {
                let (chunk, every) = ((*chunk).max(1), *every);
                reply.wire = Wire::Drip { chunk, every };
            }
            _ => {}
        }
    }
    let sent_at = now + reply.delay;
    reply.dated(sent_at)
}
