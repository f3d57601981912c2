//! What becomes of a request before its body has come: the machine decides it, a server
//! does it.

use super::received::Ticket;
use super::reply::Reply;

/// What to do with a request whose head has arrived.
#[derive(Debug)]
#[must_use]
pub enum Admission {
    /// Read the body with [`Ticket::read`], then ask for the answer.
    Read(Ticket),
    /// Close the connection.
    DropNow,
    /// Answer without reading the body, then close the connection.
    AnswerNow(Reply),
}
