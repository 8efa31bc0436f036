//! REST: resources, actions, problems, documents, sign-in.
