//! Words as a POSIX shell reads them, so that a printed command can be pasted.

/// One word, quoted where it has to be; with control characters as shells write them,
/// so that none reaches the terminal.
pub(crate) fn quoted(word: &str) -> String {
    if word.chars().any(char::is_control) {
        let shown = |c: char| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if c.is_control() => {
                c.to_string().bytes().map(|byte| format!("\\{byte:03o}")).collect()
            }
            c => c.to_string(),
        };
        return format!("$'{}'", word.chars().map(shown).collect::<String>());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Text from a server, safe to print on a terminal.
pub(crate) fn printable(text: &str) -> String {
    // What turns the direction of writing shows a name as another.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_terminal_or_turns_its_writing_is_not_printed() {
        assert_eq!(
            printable("a\u{1b}[2J\u{202e}gnp.\u{2066}\n"),
            "a\u{fffd}[2J\u{fffd}gnp.\u{fffd}\u{fffd}"
        );
        assert_eq!(printable("стул é"), "стул é");
    }

    #[test]
    fn words_with_spaces_or_quotes_are_quoted() {
        assert_eq!(quoted("019c-x"), "019c-x");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$(x)"), "'$(x)'");
        assert_eq!(quoted("a\nb'c\\d\u{85}"), r"$'a\012b\'c\\d\302\205'");
    }
}
