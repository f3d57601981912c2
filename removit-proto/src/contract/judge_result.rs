//! Is what a result's URL brings the picture that was asked for?

use super::answer::Answer;
use super::findings::Verdicts;
use super::order::Order;
use crate::ImageType;

/// Judges the answer to a fetch. Of a long picture the beginning is enough.
pub(super) fn judge(order: &Order, answer: &Answer, cut_by_us: bool) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let status = answer.status();
    let bytes = answer.response.body();
    let there = status == 200 && !bytes.is_empty() && (answer.whole || cut_by_us);
    if !verdicts.judge("result-there", there, || {
        let cut = if status == 200 && !answer.whole { ", cut off" } else { "" };
        format!("{} with {} bytes{cut}", status.as_u16(), bytes.len())
    }) {
        return verdicts;
    }
    let kind = ImageType::from_bytes(bytes);
    let begins = || {
        let start: String = String::from_utf8_lossy(bytes)
            .chars()
            .take(40)
            .map(|c| if c.is_control() { '.' } else { c })
            .collect();
        format!("{}, which begins {start:?}", answer.header("content-type"))
    };
    if !verdicts.judge("result-image", kind.is_some(), begins) {
        return verdicts;
    }
    let asked = order.format.unwrap_or("png");
    verdicts.judge("result-format", kind == image_type(asked), || {
        let came = kind.map(ImageType::extension).unwrap_or_default();
        format!("{came}, where {asked} was asked for")
    });
    verdicts
}

fn image_type(format: &str) -> Option<ImageType> {
    match format {
        "png" => Some(ImageType::Png),
        "jpg" | "jpeg" => Some(ImageType::Jpeg),
        "psd" => Some(ImageType::Psd),
        "tiff" => Some(ImageType::Tiff),
        "webp" => Some(ImageType::Webp),
        _ => None,
    }
}
