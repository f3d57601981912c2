//! A JSON text with one of its nodes deleted, doubled, or replaced.

use serde_json::Value;

/// What happens to the node.
#[derive(Clone, Copy, Debug)]
pub enum Damage {
    Deleted,
    /// It is there twice: an equal key, or one more element.
    Doubled,
    /// A text of 100,000 characters in its place.
    Huge,
    /// Something else in its place, as JSON text.
    As(&'static str),
}

/// Every kind of damage.
pub const ALL: [Damage; 23] = [
    Damage::Deleted,
    Damage::Doubled,
    Damage::Huge,
    Damage::As("null"),
    Damage::As("true"),
    Damage::As("false"),
    Damage::As("0"),
    Damage::As("33.0"),
    Damage::As("-7"),
    Damage::As("1e300"),
    Damage::As("123456789012345678901234567890"),
    Damage::As("1e400"),
    Damage::As("3.3e1"),
    Damage::As(r#""""#),
    Damage::As(r#""33""#),
    Damage::As(r#""failed""#),
    Damage::As(r#""completed""#),
    Damage::As(r#""half \ud800 of it""#),
    Damage::As(r#"" \u0000\u001b \ud83d\ude00""#),
    Damage::As("[]"),
    Damage::As("{}"),
    Damage::As(r#"["x",null,{"y":[7]}]"#),
    Damage::As(r#"{"0":"x","1":null,"z":["y"]}"#),
];

/// The JSON pointer of every node, the root's (`""`) first.
pub fn pointers(value: &Value) -> Vec<String> {
    let below = |key: &str, value: &Value| -> Vec<String> {
        pointers(value).iter().map(|pointer| format!("/{key}{pointer}")).collect()
    };
    let children: Vec<_> = match value {
        Value::Object(fields) => fields.iter().flat_map(|(k, v)| below(k, v)).collect(),
        Value::Array(values) => {
            values.iter().enumerate().flat_map(|(i, v)| below(&i.to_string(), v)).collect()
        }
        _ => Vec::new(),
    };
    [String::new()].into_iter().chain(children).collect()
}

/// The text of `value` with that damage to the node at `pointer`.
pub fn damaged(value: &Value, pointer: &str, damage: Damage) -> String {
    assert!(value.pointer(pointer).is_some(), "no node {pointer:?} in {value}");
    write(value, "", pointer, damage).concat()
}

/// The texts that stand for a node: none, one or two.
fn write(value: &Value, here: &str, pointer: &str, damage: Damage) -> Vec<String> {
    let text = match value {
        Value::Object(fields) => {
            let fields = fields.iter().flat_map(|(key, value)| {
                let texts = write(value, &format!("{here}/{key}"), pointer, damage);
                texts.into_iter().map(move |text| format!("{}:{text}", Value::from(key.as_str())))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            let values = values.iter().enumerate();
            let texts = values.flat_map(|(i, v)| write(v, &format!("{here}/{i}"), pointer, damage));
            format!("[{}]", texts.collect::<Vec<_>>().join(","))
        }
        leaf => leaf.to_string(),
    };
    match damage {
        _ if here != pointer => vec![text],
        Damage::Deleted => Vec::new(),
        Damage::Doubled => vec![text.clone(), text],
        Damage::Huge => vec![format!("\"{}\"", "x".repeat(100_000))],
        Damage::As(other) => vec![other.to_owned()],
    }
}
