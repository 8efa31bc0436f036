//! Why a command failed: what, to which object, why, what to do.

use std::fmt;
use std::io;

use vigie_api_types::Problem;

use super::exit::Exit;

/// A command that failed, as it is told on standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What was being done to which object: `cannot delete device core-1`.
    task: Option<String>,
    /// What went wrong.
    what: String,
    /// Fields that are wrong, with what to write instead.
    fields: Vec<String>,
    /// Why.
    cause: Option<String>,
    /// What to do.
    solution: Option<String>,
    /// Stable code of the server's problem.
    code: Option<String>,
    /// Finds the request in the server's log.
    request: Option<String>,
}

impl Failure {
    /// A failure that is told in one sentence.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, task: None, what: what.into(), fields: Vec::new(), cause: None, solution: None, code: None, request: None }
    }

    /// The command was given something that cannot be.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// There is no such object.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, what)
    }

    /// Nothing to tell: whoever read the output has gone, or everything was said before.
    pub fn silent(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// The server's problem.
    pub fn from_problem(problem: Problem) -> Self {
        let field = |f: vigie_api_types::FieldErrorView| {
            let place = if f.field.is_empty() { String::new() } else { format!("{}: ", f.field) };
            let solution = f.solution.map(|text| format!("; {text}")).unwrap_or_default();
            format!("{place}{}{solution}", f.message)
        };
        let solution = problem.solution.or_else(|| usual_solution(&problem.code));
        let what = if problem.detail.is_empty() { problem.title } else { problem.detail };
        Self {
            exit: Exit::of(problem.status, &problem.code),
            task: None,
            what,
            fields: problem.errors.into_iter().map(field).collect(),
            cause: problem.cause,
            solution,
            code: Some(problem.code),
            request: Some(problem.request_id).filter(|id| !id.is_empty()),
        }
    }

    /// Says what was being done, unless something closer to it already did: `cannot delete device core-1`.
    pub fn on(mut self, task: impl Into<String>) -> Self {
        self.task.get_or_insert_with(|| task.into());
        self
    }

    /// Says why.
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says what to do.
    pub fn solution(mut self, solution: impl Into<String>) -> Self {
        self.solution = Some(solution.into());
        self
    }

    /// The code of the server's problem, where it was one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether a field is wrong whose name begins so.
    pub fn names_field(&self, field: &str) -> bool {
        self.fields.iter().any(|told| told.starts_with(field))
    }

    /// Whether there is nothing to tell.
    pub fn is_silent(&self) -> bool {
        self.what.is_empty()
    }
}

fn usual_solution(code: &str) -> Option<String> {
    let text = match code {
        "not_authenticated" => "sign in with `vigie login`, or give a key by VIGIE_API_KEY or --api-key-file",
        "permission_denied" => "`vigie whoami` shows what you may do; an administrator can grant more",
        "precondition_failed" => "somebody changed it after it was read: look at it again, then repeat the command",
        "rate_limited" => "wait a moment, then repeat the command",
        "internal" => "this is a bug: the request id finds it in the server's log",
        _ => return None,
    };
    Some(text.to_owned())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(task) = &self.task {
            write!(f, "{task}: ")?;
        }
        f.write_str(&self.what)?;
        for field in self.fields.iter().filter(|field| !field.ends_with(&self.what)) {
            write!(f, "\n  - {field}")?;
        }
        if let Some(cause) = &self.cause {
            write!(f, "\n  why: {cause}")?;
        }
        if let Some(solution) = &self.solution {
            write!(f, "\n  do:  {solution}")?;
        }
        match (&self.code, &self.request) {
            (Some(code), Some(request)) => write!(f, "\n  ({code}, request {request})"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    /// Of standard output: a reader that has gone, such as `head`, is no failure.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Done);
        }
        Self::new(Exit::Failed, format!("cannot write the output: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_tells_what_to_which_object_why_and_what_to_do() {
        let problem = json!({
            "type": "/api/views/docs/errors/validation_failed", "code": "validation_failed", "title": "The request has invalid fields",
            "status": 422, "detail": "1 field is invalid", "instance": "/api/v1/discoveries", "request_id": "01J",
            "errors": [{"field": "targets[1]", "code": "invalid_cidr", "message": "10.0.0.0/40 is not a network", "solution": "write 10.0.0.0/24"}],
            "cause": null, "solution": null, "retry_after_seconds": null
        });
        let failure = Failure::from_problem(serde_json::from_value(problem).unwrap()).on("cannot discover 10.0.0.0/40");
        assert_eq!(failure.exit, Exit::Usage);
        assert_eq!(
            failure.to_string(),
            "cannot discover 10.0.0.0/40: 1 field is invalid\n  - targets[1]: 10.0.0.0/40 is not a network; write 10.0.0.0/24\n  (validation_failed, request 01J)"
        );
    }

    #[test]
    fn the_task_closest_to_the_failure_stays() {
        let failure =
            Failure::not_found("there is no device x").on("cannot ping x").on("cannot do anything").solution("look at `vigie devices`");
        assert_eq!(failure.to_string(), "cannot ping x: there is no device x\n  do:  look at `vigie devices`");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(failure.is_silent() && failure.exit == Exit::Done);
    }
}
