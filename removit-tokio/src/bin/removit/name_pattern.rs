//! The pattern of `--name`: what each input's results are called.
//!
//! It is read here; what its words stand for is the names' to say.

use std::str::FromStr;

/// Text with `{stem}`, `{folder}`, `{index}` and `{ext}` in it; `/` makes folders, and
/// `{tree}` alone between slashes those of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePattern {
    /// Folders, and a stem.
    components: Vec<Component>,
}

/// What stands between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    /// The folders of an input below the one that was named.
    Tree,
    Name(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Stem,
    Folder,
    Index,
    Ext,
}

impl Default for NamePattern {
    /// The input's own stem.
    fn default() -> Self {
        Self { components: vec![Component::Name(vec![Piece::Stem])] }
    }
}

impl NamePattern {
    pub(crate) fn components(&self) -> &[Component] {
        &self.components
    }

    /// Whether each input has the same name by it.
    pub(crate) fn is_the_same_for_all(&self) -> bool {
        self.components.iter().all(|component| match component {
            Component::Tree => false,
            Component::Name(pieces) => pieces.iter().all(|piece| matches!(piece, Piece::Text(_))),
        })
    }
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
            "{tree}" => Ok(Component::Tree),
            component => pieces(component).map(Component::Name),
        });
        let mut components: Vec<_> = components.collect::<Result<_, _>>()?;
        if components.last() == Some(&Component::Tree) {
            // Folders alone are no name.
            components.push(Component::Name(vec![Piece::Stem]));
        }
        Ok(Self { components })
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
            "tree" => return Err("{tree} stands alone, with a / after it".to_owned()),
            _ => {
                return Err(format!(
                    "{{{word}}} is none of {{stem}}, {{folder}}, {{index}}, {{ext}}, {{tree}}"
                ));
            }
        });
        text = after;
    }
    pieces.extend(literal(text));
    Ok(pieces)
}
