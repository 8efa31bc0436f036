//! The limit of descriptors, in a process of its own: it is one for all threads.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use vigie_foundation::descriptors::allow;

#[test]
fn the_soft_limit_rises_to_what_is_wanted_and_no_further_than_the_hard_one() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 256, hard).unwrap();
    allow(300);
    assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (300, hard));
    allow(200);
    assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (300, hard), "never lowered");
    allow(u64::MAX);
    assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (hard, hard));
}
