//! Use cases by feature: authorise, validate, decide, call ports.
