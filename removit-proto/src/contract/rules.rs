//! All rules in one list, and as the table that is shipped with this crate.
//!
//! What each says is in `server_rules` and `client_rules`.

use super::client_rules::CLIENT_RULES;
use super::rule::Rule;
use super::server_rules::SERVER_RULES;

impl Rule {
    /// The rules that bind a server, then those that bind a client.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        SERVER_RULES.iter().chain(CLIENT_RULES)
    }

    /// The rule with this id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        Self::all().find(|rule| rule.id == id)
    }

    /// All rules as a table in Markdown: the page that is shipped with this crate.
    #[must_use]
    pub fn table() -> String {
        let mut table =
            "| rule | what holds | says who | checked by |\n|---|---|---|---|\n".to_owned();
        for Self { id, text, origin, checked } in Self::all() {
            let means: Vec<_> = checked.iter().map(ToString::to_string).collect();
            let means = if means.is_empty() { "**nothing**".to_owned() } else { means.join("; ") };
            let text = text.replace('|', "\\|");
            table.push_str(&format!("| `{id}` | {text} | {origin} | {means} |\n"));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_found_by_its_id_and_has_a_row() {
        let table = Rule::table();
        assert!(table.starts_with("| rule | what holds | says who | checked by |\n|---|"));
        for rule in Rule::all() {
            assert_eq!(Rule::by_id(rule.id), Some(rule));
            let row = table.lines().find(|row| row.starts_with(&format!("| `{}` | ", rule.id)));
            let row = row.unwrap();
            assert!(row.contains(&rule.origin.to_string()), "{row}");
            assert_eq!(row.contains("**nothing**"), rule.checked.is_empty(), "{row}");
        }
        assert_eq!(table.lines().count(), 2 + Rule::all().count());
        assert_eq!(Rule::by_id("no such rule"), None);
    }
}
