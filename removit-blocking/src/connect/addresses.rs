//! In which order the addresses of a host are tried, and how long each has before
//! the next one joins in.

use std::net::SocketAddr;
use std::time::Duration;

/// How long an address is waited for before the next one is tried beside it
/// (RFC 8305). Whichever answers first is used, so that an address which swallows
/// everything costs a quarter second and not the attempt.
pub const NEXT_AFTER: Duration = Duration::from_millis(250);

/// The addresses as they are tried: the system's order, in which the two protocols
/// take turns, so that one of them may be down as a whole. None is tried twice.
#[must_use]
pub fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    if let [only] = addresses {
        return vec![*only];
    }
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut firsts, mut others): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_v6);
    firsts.reverse();
    others.reverse();
    let mut turns: Vec<SocketAddr> = Vec::with_capacity(addresses.len());
    while !(firsts.is_empty() && others.is_empty()) {
        for address in [firsts.pop(), others.pop()].into_iter().flatten() {
            if !turns.contains(&address) {
                turns.push(address);
            }
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn the_two_protocols_take_turns_and_nothing_is_tried_twice() {
        let found =
            addresses(&["[::1]:1", "[::2]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let expected = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(in_turn(&found), expected);
    }

    #[test]
    fn the_first_one_stays_the_first() {
        let found = addresses(&["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"]);
        assert_eq!(in_turn(&found), addresses(&["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]));
        assert!(in_turn(&[]).is_empty());
    }
}
