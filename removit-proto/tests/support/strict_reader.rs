//! A form's parts by RFC 2046 and RFC 7578 to the letter, and nothing that a
//! lenient parser would let pass: one spelling of each header, CRLF alone, no
//! preamble, no epilogue.

use super::multer_reader::Part;

/// The parts of a form, or where it is not to the letter.
pub fn parse(content_type: &str, wire: &[u8]) -> Result<Vec<Part>, String> {
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .ok_or_else(|| format!("content type {content_type}"))?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    if !(1..=70).contains(&boundary.len()) || !boundary.bytes().all(allowed) {
        return Err(format!("boundary {boundary}"));
    }
    let first = format!("--{boundary}");
    let mut rest = wire.strip_prefix(first.as_bytes()).ok_or("a preamble")?;
    let delimiter = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    loop {
        if rest == b"--\r\n" {
            return Ok(parts);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or("no line break after a delimiter")?;
        let end = find(part, delimiter.as_bytes()).ok_or("a part without an end")?;
        parts.push(read_part(&part[..end])?);
        rest = &part[end + delimiter.len()..];
    }
}

fn read_part(part: &[u8]) -> Result<Part, String> {
    let end = find(part, b"\r\n\r\n").ok_or("a part without an empty line")?;
    let head = std::str::from_utf8(&part[..end]).map_err(|e| e.to_string())?;
    let mut lines = head.split("\r\n");
    let disposition = lines
        .next()
        .and_then(|line| line.strip_prefix("Content-Disposition: form-data; "))
        .ok_or_else(|| format!("no disposition in {head:?}"))?;
    let (name, rest) = quoted(disposition, "name")?;
    let (file_name, rest) = match rest.strip_prefix("; ") {
        Some(rest) => quoted(rest, "filename").map(|(name, rest)| (Some(name), rest))?,
        None => (None, rest),
    };
    let content_type = lines.next().map(|line| {
        line.strip_prefix("Content-Type: ").ok_or_else(|| format!("an unknown header {line:?}"))
    });
    let content_type = content_type.transpose()?.map(str::to_owned);
    if !rest.is_empty() || lines.next().is_some() || head.contains(['\0', '\t']) {
        return Err(format!("more than expected in {head:?}"));
    }
    // A bare CR or LF would end a header for some parsers.
    if head.replace("\r\n", "").contains(['\r', '\n']) {
        return Err(format!("a bare line break in {head:?}"));
    }
    Ok(Part { name, file_name, content_type, bytes: part[end + 4..].to_vec() })
}

/// The value of `key="value"`, and what follows it.
fn quoted<'a>(text: &'a str, key: &str) -> Result<(String, &'a str), String> {
    let value = text.strip_prefix(key).and_then(|rest| rest.strip_prefix("=\""));
    let (value, rest) =
        value.and_then(|v| v.split_once('"')).ok_or_else(|| format!("no {key} in {text:?}"))?;
    Ok((value.to_owned(), rest))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
