//! What a request to give a photo asks for, from a form or from JSON, before it is checked.

use std::time::Duration;

use axum::extract::Request;
use futures_util::StreamExt;
use removit_tokio::proto::{Mode, Params, UploadOptions};
use serde_json::{Map, Value};

use super::problem::{Answer, Problem};
use crate::store::Whole;

/// The longest field that is no photo, and the longest JSON body.
pub(super) const TEXT_LIMIT: usize = 64 * 1024;

/// Longer than this nobody waits for the next bytes.
pub(super) const IDLE: Duration = Duration::from_secs(15);

/// The longest name that is kept of a photo, in characters.
const NAME_LIMIT: usize = 200;

/// Options that are text, in forms and in JSON. They are called as the vendor's are.
const WORDS: [&str; 3] = ["mode", "delivery_mode", "output_format"];

/// What was asked for, before it is checked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) name: Option<String>,
    pub(super) whole: Option<Whole>,
    pub(super) file_url: Option<String>,
    pub(super) webhook: Option<String>,
    /// As the core stores options.
    options: Map<String, Value>,
    pub(super) params: Option<Params>,
}

impl Asked {
    /// Keeps a field that is text; `false` where nobody knows it.
    pub(super) fn text(&mut self, name: &str, text: String) -> Answer<bool> {
        let slot = match name {
            "file_url" => &mut self.file_url,
            "webhook_url" => &mut self.webhook,
            "name" => &mut self.name,
            _ if WORDS.contains(&name) => {
                return match self.options.insert(name.to_owned(), text.into()) {
                    None => Ok(true),
                    Some(_) => Err(Problem::invalid(format!("`{name}` is there twice"))),
                };
            }
            _ => return Ok(false),
        };
        match slot.replace(text) {
            None => Ok(true),
            Some(_) => Err(Problem::invalid(format!("`{name}` is there twice"))),
        }
    }

    pub(super) fn options(&self) -> Answer<UploadOptions> {
        let mut stored = self.options.clone();
        let is_params = stored.get("mode").and_then(Value::as_str) == Some("params");
        match (&self.params, is_params) {
            (Some(_), false) => return Err(Problem::invalid("`params` needs `mode=params`")),
            (None, true) => return Err(Problem::invalid("`mode=params` needs `params`")),
            (Some(_), true) => {
                stored.remove("mode");
            }
            (None, false) => {}
        }
        let options = serde_json::from_value::<UploadOptions>(stored.into());
        let mut options = options.map_err(|error| Problem::invalid(error.to_string()))?;
        if let Some(params) = &self.params {
            options.mode = Some(Mode::Params(params.clone()));
        }
        Ok(options)
    }
}

pub(super) async fn json_body(request: Request) -> Answer<Asked> {
    let mut stream = request.into_body().into_data_stream();
    let mut body = Vec::new();
    let reading = async {
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|_| Problem::unreadable("the body broke off"))?;
            if body.len() + bytes.len() > TEXT_LIMIT {
                return Err(Problem::too_large(TEXT_LIMIT as u64));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(())
    };
    tokio::time::timeout(IDLE, reading).await.map_err(|_| Problem::too_slow())??;
    let object: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|error| Problem::unreadable(format!("not a JSON object: {error}")))?;
    let mut asked = Asked::default();
    for (name, value) in object {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("params", Value::String(set)) => asked.params = Some(Params::set(set)),
            ("params", Value::Object(object)) => asked.params = Some(Params::Object(object)),
            (_, Value::String(text)) => {
                if !asked.text(&name, text)? {
                    return Err(unknown(&name));
                }
            }
            _ => return Err(Problem::invalid(format!("`{name}` is not what is expected there"))),
        }
    }
    asked.name = asked.name.as_deref().map(name_of);
    Ok(asked)
}

pub(super) fn unknown(name: &str) -> Problem {
    let name: String = name.chars().take(40).filter(|c| !c.is_control()).collect();
    Problem::invalid(format!("nobody knows a field `{name}`"))
}

/// A name to show: the last part of a path or URL, in letters that do no harm.
pub(super) fn name_of(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(NAME_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_without_what_is_signed() {
        assert_eq!(name_of("../../etc/cup.jpg"), "cup.jpg");
        assert_eq!(name_of("https://a.example/b/cup.jpg?signature=secret"), "cup.jpg");
        assert_eq!(name_of("C:\\photos\\cup.jpg"), "cup.jpg");
        assert_eq!(name_of("a\r\nb\0.png"), "ab.png");
    }
}
