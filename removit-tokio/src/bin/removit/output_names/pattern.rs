//! The pattern of `--name`: what each input's results are called.

use std::str::FromStr;

use removit_tokio::proto::OutputNames;

use super::Names;
use super::parts::Parts;

/// Text with `{stem}`, `{folder}`, `{index}` and `{ext}` in it; `/` makes folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePattern {
    /// Folders, and a stem.
    components: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Stem,
    Folder,
    Index,
    Ext,
}

impl Default for NamePattern {
    /// The input's own stem.
    fn default() -> Self {
        Self { components: vec![vec![Piece::Stem]] }
    }
}

impl NamePattern {
    /// What an input's results are called, each part of it a plain name on every
    /// system, whatever the input is called.
    pub(super) fn names(&self, parts: &Parts) -> Names {
        let component = |pieces: &Vec<Piece>| {
            let text: String = pieces.iter().map(|piece| piece.text(parts)).collect();
            cleaned(&text)
        };
        Names(self.components.iter().map(component).collect())
    }
}

impl Piece {
    fn text<'a>(&'a self, parts: &'a Parts) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Stem => &parts.stem,
            Self::Folder => &parts.folder,
            Self::Index => &parts.index,
            Self::Ext => &parts.ext,
        }
    }
}

/// By the core's rules for a stem, which are had from a name that has little else
/// in it.
fn cleaned(text: &str) -> String {
    let name = OutputNames::new(text).next(None, "");
    name.strip_suffix("-result").unwrap_or(&name).to_owned()
}

impl FromStr for NamePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return Err("it begins with /; --out-dir says where names begin".to_owned());
        }
        let components = text.split('/').map(|component| match component {
            "" => Err("a name in it is empty".to_owned()),
            "." | ".." => Err(format!("{component} is no name; --out-dir says where names begin")),
            component => pieces(component),
        });
        Ok(Self { components: components.collect::<Result<_, _>>()? })
    }
}

fn pieces(mut text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let literal = |text: &str| (!text.is_empty()).then(|| Piece::Text(text.to_owned()));
    while let Some((before, rest)) = text.split_once('{') {
        let Some((word, after)) = rest.split_once('}') else {
            return Err("a { has no }".to_owned());
        };
        pieces.extend(literal(before));
        pieces.push(match word {
            "stem" => Piece::Stem,
            "folder" => Piece::Folder,
            "index" => Piece::Index,
            "ext" => Piece::Ext,
            _ => {
                return Err(format!(
                    "{{{word}}} is none of {{stem}}, {{folder}}, {{index}}, {{ext}}"
                ));
            }
        });
        text = after;
    }
    pieces.extend(literal(text));
    Ok(pieces)
}
