//! Which uploads are taken, and what the others are told.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use futures_core::Stream;
use serde_json::json;

use super::*;
use crate::simulator::{Admission, Digest, Source};

/// The fields with objections against this upload; none where it is accepted.
fn refused(request: Request<Bytes>) -> Vec<String> {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(0), request);
    let created = u16::from(!simulator.account().jobs.is_empty());
    assert_eq!(reply.response.status(), if created == 1 { 202 } else { 422 });
    let details = body(&reply)["details"].as_object().cloned();
    details.unwrap_or_default().keys().cloned().collect()
}

fn refused_json(fields: &Value) -> Vec<String> {
    let mut body = json!({"file_url": "https://example.com/a.jpg"});
    let all = body.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    refused(json_upload(body.to_string()))
}

#[test]
fn the_documented_requests_are_accepted() {
    for request in [
        r#"{"file_url":"https://example.com/image.jpg","mode":"background"}"#,
        r#"{"file_url":"https://example.com/image.jpg","mode":"params","params":"mon_set","delivery_mode":"url","output_format":"webp"}"#,
    ] {
        assert_eq!(refused(json_upload(request)), [""; 0]);
    }
}

#[test]
fn absent_fields_have_the_documented_defaults() {
    let mut simulator = instant();
    created(&mut simulator, at(0), json_upload(REMOTE));
    let order = &simulator.account().jobs[0].order;
    let chosen = [&order.mode, &order.delivery_mode, &order.output_format];
    assert_eq!(chosen, ["clipping", "url", "png"]);
    assert_eq!(order.params, None);
    assert_eq!(order.fields.len(), 1, "the fields are kept as they came");
}

#[test]
fn each_field_is_checked() {
    for (fields, at_fault) in [
        (json!({"file_url": "ftp://example.com/a.jpg"}), "file_url"),
        (json!({"file_url": "example.com/a.jpg"}), "file_url"),
        (json!({"file_url": "https:///a.jpg"}), "file_url"),
        (json!({"file_url": 7}), "file_url"),
        (json!({"mode": "Clipping"}), "mode"),
        (json!({"mode": 1}), "mode"),
        (json!({"mode": "params"}), "params"),
        (json!({"mode": "params", "params": null}), "params"),
        (json!({"mode": "params", "params": ""}), "params"),
        (json!({"params": [1]}), "params"),
        (json!({"params": 5}), "params"),
        (json!({"params": "{broken"}), "params"),
        (json!({"delivery_mode": "urls"}), "delivery_mode"),
        (json!({"output_format": "gif"}), "output_format"),
    ] {
        assert_eq!(refused_json(&fields), [at_fault], "{fields}");
    }
}

#[test]
fn null_is_absence_in_every_field() {
    let nulls = json!({
        "file_url": "https://example.com/a.jpg", "file": null, "mode": null, "params": null,
        "delivery_mode": null, "output_format": null,
    });
    let mut simulator = instant();
    created(&mut simulator, at(0), json_upload(nulls.to_string()));
    let order = &simulator.account().jobs[0].order;
    let chosen = [&order.mode, &order.delivery_mode, &order.output_format];
    assert_eq!(chosen, ["clipping", "url", "png"]);
    assert_eq!((&order.params, &order.params_text), (&None, &None));
    assert_eq!(refused(json_upload(r#"{"file_url":null}"#)), ["file"]);
}

#[test]
fn params_are_kept_as_they_were_written_too() {
    let params = r#"{"n":123456789012345678901234567890,"x":1.50}"#;
    let json = format!(r#"{{"file_url":"https://e.example","mode":"params","params":{params}}}"#);
    let form = form_upload(&[
        ("name=\"mode\"", b"params"),
        ("name=\"params\"", params.as_bytes()),
        (FILE_PART, PNG),
    ]);
    for upload in [json_upload(json), form] {
        let mut simulator = instant();
        created(&mut simulator, at(0), upload);
        assert_eq!(simulator.account().jobs[0].order.params_text.as_deref(), Some(params));
    }
}

#[test]
fn params_may_be_a_name_an_object_or_the_text_of_an_object() {
    let mut simulator = instant();
    for params in [json!("set"), json!({"shadow": 1}), json!(r#"{"shadow":1}"#)] {
        let upload = json!({"file_url": "http://example.com", "mode": "params", "params": params});
        created(&mut simulator, at(0), json_upload(upload.to_string()));
    }
    let jobs = simulator.account().jobs.iter();
    let params: Vec<_> = jobs.map(|job| job.order.params.clone().unwrap()).collect();
    assert_eq!(params, [json!("set"), json!({"shadow": 1}), json!({"shadow": 1})]);
}

#[test]
fn a_file_arrives_byte_for_byte() {
    let mut simulator = instant();
    let upload = form_upload(&[("name=\"mode\"", b"background"), (FILE_PART, PNG)]);
    created(&mut simulator, at(0), upload);
    let order = &simulator.account().jobs[0].order;
    assert_eq!(order.mode, "background");
    assert_eq!(order.fields["mode"], "background");
    let Source::File(file) = &order.source else {
        panic!("{order:?}");
    };
    assert_eq!((file.name.as_str(), file.content_type.as_deref()), ("a.png", Some("image/png")));
    assert_eq!((file.len, file.digest.value()), (PNG.len() as u64, Digest::of(PNG)));
    assert_eq!(file.kept.as_deref(), Some(PNG));
}

#[test]
fn exactly_the_documented_types_of_files_are_taken() {
    let part = |mime: &str| format!("name=\"file\"; filename=\"a\"\r\nContent-Type: {mime}");
    for mime in [
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/gif",
        "image/avif",
        "image/tiff",
        "image/x-tiff",
        "application/tiff",
        "image/vnd.adobe.photoshop",
        "application/vnd.adobe.photoshop",
        "image/svg+xml",
        "IMAGE/PNG; q=1",
    ] {
        assert_eq!(refused(form_upload(&[(&part(mime), PNG)])), [""; 0], "{mime}");
    }
    for mime in ["image/bmp", "text/plain", "image/*", "png"] {
        assert_eq!(refused(form_upload(&[(&part(mime), PNG)])), ["file"], "{mime}");
    }
    let untyped = "name=\"file\"; filename=\"a.png\"";
    assert_eq!(refused(form_upload(&[(untyped, PNG)])), ["file"]);
}

#[test]
fn a_file_and_a_url_together_are_refused() {
    let upload = form_upload(&[("name=\"file_url\"", b"https://example.com/a"), (FILE_PART, PNG)]);
    assert_eq!(refused(upload), ["file"]);
}

#[test]
fn a_file_without_a_name_or_without_bytes_is_none() {
    let no_choice = "name=\"file\"; filename=\"\"\r\nContent-Type: image/png";
    assert_eq!(refused(form_upload(&[(no_choice, PNG)])), ["file"]);
    assert_eq!(refused(form_upload(&[("name=\"file\"", PNG_TEXT)])), ["file"]);
    assert_eq!(refused(file_upload(b"")), ["file"]);
}

const PNG_TEXT: &[u8] = b"not a file at all";

#[test]
fn malformed_json_is_told_from_a_bad_request() {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(0), json_upload("{\"file_url\":"));
    assert_eq!(reply.response.status(), 400);
    for other in ["[]", "7", "null"] {
        assert_eq!(refused(json_upload(other)), ["file"], "{other}");
    }
}

#[test]
fn a_json_body_beyond_reason_is_not_read() {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(0), json_upload(vec![b' '; (1 << 20) + 1]));
    assert_eq!(reply.response.status(), 413);
}

#[test]
fn another_type_of_body_has_no_fields() {
    let mut upload = json_upload(REMOTE);
    upload.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(refused(upload), ["file"]);
}

#[test]
fn malformed_multipart_is_a_bad_request_and_never_a_panic() {
    let good = file_upload(PNG).into_body();
    for end in 0..good.len() - 4 {
        let mut upload = file_upload(b"");
        *upload.body_mut() = good.slice(..end);
        assert_eq!(refused(upload), ["body", "file"], "cut at {end}");
    }
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=other"] {
        let mut upload = file_upload(PNG);
        let value = content_type.parse().unwrap();
        upload.headers_mut().insert("content-type", value);
        assert_eq!(refused(upload), ["body", "file"], "{content_type}");
    }
}

#[test]
fn a_body_that_never_begins_a_part_is_not_buffered_for_ever() {
    let mut upload = file_upload(b"");
    *upload.body_mut() = Bytes::from(vec![b'x'; 8 << 20]);
    assert_eq!(refused(upload), ["body", "file"]);
    let pieces = (0..128).map(|_| Ok(Bytes::from(vec![b'x'; 65_536])));
    let pieces = Pieces(pieces.collect());
    let reply = in_pieces(&mut instant(), file_upload(b""), pieces).unwrap();
    let reason = body(&reply)["details"]["body"][0].to_string();
    assert!(reason.contains("no part begins where one should"), "{reason}");
    let long_text = vec![b'x'; (1 << 20) + 1];
    let upload = form_upload(&[("name=\"params\"", &long_text), (FILE_PART, PNG)]);
    assert_eq!(refused(upload), ["body", "file"]);
    let many = vec![("name=\"x\"", b"1".as_slice()); 65];
    assert_eq!(refused(form_upload(&many)), ["body", "file"]);
}

/// Pieces of a body, and whether it then breaks.
struct Pieces(Vec<Result<Bytes, ()>>);

impl Stream for Pieces {
    type Item = Result<Bytes, ()>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
    }
}

fn in_pieces(simulator: &mut Simulator, head: Request<Bytes>, pieces: Pieces) -> Option<Reply> {
    let (head, _) = head.into_parts();
    let Admission::Read(ticket) = simulator.admit(at(0), Origin::Api, &head) else {
        panic!("the body is to be read");
    };
    let mut reading = core::pin::pin!(ticket.read(head, pieces));
    let mut context = Context::from_waker(Waker::noop());
    let received = loop {
        if let Poll::Ready(received) = reading.as_mut().poll(&mut context) {
            break received;
        }
    };
    match received {
        Ok(received) => Some(simulator.answer(at(0), received)),
        Err(interrupted) => {
            simulator.interrupted(interrupted);
            None
        }
    }
}

#[test]
fn the_sizes_of_the_chunks_do_not_matter() {
    let content: Vec<u8> = b"\r\n--xy\r\n--x\r".iter().copied().cycle().take(4000).collect();
    for size in [1, 2, 7, 1000, 5000] {
        let mut simulator = instant();
        let upload = file_upload(&content);
        let pieces = upload.body().chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece)));
        let pieces = Pieces(pieces.collect());
        let reply = in_pieces(&mut simulator, upload, pieces).unwrap();
        assert_eq!(reply.response.status(), 202, "chunks of {size}");
        let Source::File(file) = &simulator.account().jobs[0].order.source else {
            panic!("a file was sent");
        };
        assert_eq!(file.kept.as_deref(), Some(content.as_slice()), "chunks of {size}");
    }
}

#[test]
fn a_long_file_whose_bytes_are_all_at_hand_is_still_read_in_passing() {
    let mut simulator = instant();
    let upload = file_upload(&vec![7; 8 << 20]);
    let all = upload.body().clone();
    let starts = (0..all.len()).step_by(65_536);
    let pieces = starts.map(|start| Ok(all.slice(start..all.len().min(start + 65_536))));
    let reply = in_pieces(&mut simulator, upload, Pieces(pieces.collect())).unwrap();
    assert_eq!(reply.response.status(), 202);
}

#[test]
fn a_client_that_vanishes_creates_nothing() {
    for upload in [file_upload(PNG), json_upload(REMOTE)] {
        let mut simulator = instant();
        let half = upload.body().slice(..upload.body().len() / 2);
        let reply = in_pieces(&mut simulator, upload, Pieces(vec![Ok(half), Err(())]));
        assert!(reply.is_none());
        assert_eq!(simulator.account().jobs.len(), 0);
        assert_eq!(simulator.account().incomplete_uploads, 1);
    }
    // All parts are there, and yet the request is not whole.
    let mut simulator = instant();
    let upload = file_upload(PNG);
    let epilogue = || Ok(Bytes::from_static(b"what follows the last boundary"));
    let pieces =
        Pieces(vec![Ok(upload.body().clone()), epilogue(), epilogue(), epilogue(), Err(())]);
    assert!(in_pieces(&mut simulator, upload, pieces).is_none());
    assert_eq!(simulator.account().jobs.len(), 0);
}

#[test]
fn a_request_in_hand_does_not_show_its_key() {
    let mut simulator = instant();
    let (head, _) = json_upload(REMOTE).into_parts();
    let Admission::Read(ticket) = simulator.admit(at(0), Origin::Api, &head) else {
        panic!("the body is to be read");
    };
    let mut reading = core::pin::pin!(ticket.read(head, Pieces(Vec::new())));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(received)) = reading.as_mut().poll(&mut context) else {
        panic!("an empty body is at hand");
    };
    let text = format!("{received:?}");
    assert!(text.contains("x-api-key") && !text.contains("test-key"), "{text}");
}

#[test]
fn a_file_beyond_the_limit_is_counted_and_not_kept() {
    for (keep_limit, kept) in [(67, None), (68, Some(PNG))] {
        let config = Config::instant().with(|config| config.keep_limit = keep_limit);
        let mut simulator = Simulator::new(config);
        created(&mut simulator, at(0), file_upload(PNG));
        let Source::File(file) = &simulator.account().jobs[0].order.source else {
            panic!("a file was sent");
        };
        assert_eq!((file.len, file.kept.as_deref()), (68, kept));
        assert_eq!(file.digest.value(), Digest::of(PNG));
    }
}
