//! A draft as a curl command that can be pasted into a POSIX shell. The key is
//! not in it: the shell takes it from `REMOVIT_API_KEY`.

use super::draft::{Auth, Call, Content, Draft, FileBytes, FilePart, TEXT, WRONG_KEY};
use super::render::{STATUS, UPLOAD, json};
use crate::api::url_encoding::percent_encode;

const KEY: &str = "$REMOVIT_API_KEY";

/// The command that sends the draft to `base_url`.
pub(super) fn command(draft: &Draft, base_url: &str) -> String {
    let mut words = vec!["curl -sS -i".to_owned()];
    words.extend(key(draft.auth));
    match &draft.call {
        Call::Status(asked) => {
            let path = match asked.value() {
                None => format!("{base_url}{STATUS}"),
                Some(id) => format!("{base_url}{STATUS}?job_id={}", percent_encode(id)),
            };
            words.push(quoted(&path));
        }
        Call::Upload(content) => {
            words.extend(body(content));
            words.push(quoted(&format!("{base_url}{UPLOAD}")));
        }
    }
    words.join(" ")
}

fn key(auth: Auth) -> Vec<String> {
    let plain = |key| format!("-H \"X-API-Key: {key}\"");
    let bearer = |key| format!("-H \"Authorization: Bearer {key}\"");
    match auth {
        Auth::Nothing => Vec::new(),
        Auth::XApiKey => vec![plain(KEY)],
        Auth::Bearer => vec![bearer(KEY)],
        Auth::Both => vec![plain(KEY), bearer(KEY)],
        Auth::WrongXApiKey => vec![plain(WRONG_KEY)],
        Auth::WrongBearer => vec![bearer(WRONG_KEY)],
    }
}

fn body(content: &Content) -> Vec<String> {
    match content {
        Content::Json(fields) => vec![
            "-H 'Content-Type: application/json'".to_owned(),
            format!("--data-raw {}", quoted(&json(fields))),
        ],
        Content::Raw(raw) => {
            // Without a value curl sends no such header.
            let content_type = format!("Content-Type: {}", raw.content_type.unwrap_or_default());
            vec![
                format!("-H {}", quoted(content_type.trim_end())),
                format!("--data-binary {}", quoted(raw.body)),
            ]
        }
        Content::Form(fields, file) => {
            let fields =
                fields.iter().map(|(name, value)| format!("-F {}", quoted(&form(name, value))));
            fields.chain(file.iter().map(file_part)).collect()
        }
    }
}

/// In double quotes a value of curl's `-F` is taken as it is.
fn form(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", inside_quotes(value))
}

fn file_part(file: &FilePart) -> String {
    let content = match file.bytes {
        FileBytes::Photo(_) => "@photo.png".to_owned(),
        FileBytes::Empty => "@/dev/null".to_owned(),
        FileBytes::Text => TEXT.to_owned(),
    };
    let mut part = format!("file={content};filename=\"{}\"", inside_quotes(&file.name));
    if let Some(mime) = file.mime {
        part.push_str(&format!(";type={mime}"));
    }
    format!("-F {}", quoted(&part))
}

fn inside_quotes(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

/// One word of a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::draft::Asked;
    use serde_json::json;

    const BASE: &str = "https://api.example";

    #[test]
    fn the_shell_puts_the_key_in() {
        let draft = Draft::status(Asked::Unknown("a b'".to_owned())).with_auth(Auth::Both);
        assert_eq!(
            command(&draft, BASE),
            "curl -sS -i -H \"X-API-Key: $REMOVIT_API_KEY\" \
             -H \"Authorization: Bearer $REMOVIT_API_KEY\" \
             'https://api.example/api/v1/status?job_id=a%20b%27'"
        );
    }

    #[test]
    fn bodies_are_written_as_they_are_sent() {
        let json = Draft::upload(Content::Json(vec![("mode", json!("it's"))]));
        assert!(command(&json, BASE).contains(r#"--data-raw '{"mode":"it'\''s"}'"#));
        let file = FilePart { name: "a\"b.png".to_owned(), mime: None, bytes: FileBytes::Photo(0) };
        let form = Draft::upload(Content::Form(vec![("mode", "a;b".to_owned())], Some(file)));
        let text = command(&form, BASE);
        assert!(text.contains(r#"-F 'mode="a;b"'"#), "{text}");
        assert!(text.contains(r#"-F 'file=@photo.png;filename="a\"b.png"'"#), "{text}");
    }
}
