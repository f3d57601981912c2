//! The core in an event loop of one's own: the example, run as it is.

#[path = "../../examples/epoll/main.rs"]
mod example;

#[test]
fn a_catalogue_over_an_epoll_loop_is_paid_for_once_in_two_runs() {
    example::main().unwrap();
}
