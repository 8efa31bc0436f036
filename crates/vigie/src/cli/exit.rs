//! Exit codes of the commands that ask a server, for scripts. Commands that work on this host's files (`serve`, `db`, `users reset-password`) end with
//! the codes of sysexits.h instead.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed for a reason that has no code of its own.
    Failed = 1,
    /// The command or one of its values is not valid; nothing was done.
    Usage = 2,
    /// Nobody is signed in, or the right is missing.
    Forbidden = 3,
    /// There is no such object.
    NotFound = 4,
    /// The state of the object forbids it: it exists already, or was changed in the meantime.
    Conflict = 5,
    /// The server could not be reached.
    Unreachable = 6,
    /// The server is fine, the device is not: silent, refusing, or lossy.
    Device = 7,
    /// Interrupted by Ctrl-C.
    Interrupted = 130,
}

/// The table as `vigie --help` shows it.
pub const HELP: &str = "\
Exit codes:
    0  done
    1  failed
    2  the command or a value is not valid, nothing was done
    3  not signed in, or the right is missing
    4  no such object
    5  conflict: it exists already, or was changed in the meantime
    6  the server cannot be reached
    7  the device does not answer, or refuses
  130  interrupted";

impl Exit {
    /// What the status and code of a problem mean for a script.
    pub fn of(status: u16, code: &str) -> Self {
        match (status, code) {
            (_, "device_unreachable" | "device_refused") => Self::Device,
            (_, "idempotency_conflict") => Self::Conflict,
            (_, "unsupported" | "limit_exceeded") => Self::Failed,
            (400 | 406 | 415 | 422, _) => Self::Usage,
            (401 | 403, _) => Self::Forbidden,
            (404 | 410, _) => Self::NotFound,
            (409 | 412 | 428, _) => Self::Conflict,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_become_codes_for_scripts() {
        for (status, code, exit) in [
            (400, "invalid_filter", 2),
            (401, "not_authenticated", 3),
            (403, "permission_denied", 3),
            (404, "not_found", 4),
            (409, "already_exists", 5),
            (412, "precondition_failed", 5),
            (422, "validation_failed", 2),
            (422, "idempotency_conflict", 5),
            (422, "unsupported", 1),
            (428, "precondition_required", 5),
            (500, "internal", 1),
            (502, "device_refused", 7),
            (502, "service_failed", 1),
        ] {
            assert_eq!(Exit::of(status, code) as u8, exit, "{status} {code}");
        }
    }

    #[test]
    fn the_help_names_every_code() {
        for exit in [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Forbidden,
            Exit::NotFound,
            Exit::Conflict,
            Exit::Unreachable,
            Exit::Device,
            Exit::Interrupted,
        ] {
            assert!(HELP.lines().any(|line| line.trim().starts_with(&format!("{} ", exit as u8))), "{exit:?}");
        }
    }
}
