//! What a server says that it did not do (contract, rule 18).

use std::error::Error;

use h2::Reason;
use removit_proto::TransportFailure;

/// Whether the server said over HTTP/2 that it did nothing with a request, whatever
/// of it had left: it reset the stream as refused, or went away with a last stream
/// below this one. (h2 fails no other stream with a `GOAWAY` of the server's: the
/// streams up to the last one end with their connection.)
pub(crate) fn did_nothing(error: &(dyn Error + 'static)) -> bool {
    let http2 =
        TransportFailure::causes_of(error).find_map(|error| error.downcast_ref::<h2::Error>());
    http2.is_some_and(|error| {
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        error.is_remote() && (refused || error.is_go_away())
    })
}
