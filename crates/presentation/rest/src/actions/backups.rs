//! Backups: list, get, make, check, try out, carry away, delete.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use vigie_api_types::{BackupView, Uid};
use vigie_application::backups::{DOWNLOAD, READ, WRITE};
use vigie_domain::store::Entity;
use vigie_domain::system::Backup;

use super::devices::JobStarted;
use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{Asked, ObjectId, accepted, json_response, list_of, named_list};
use crate::routes::{Operation, Routes};

/// A backup that is being made.
#[derive(Serialize, ToSchema)]
struct BackupStarted {
    /// Its id: it is there once the job has ended.
    #[schema(inline)]
    id: Uid,
    /// The job that makes it.
    #[schema(inline)]
    job_id: Uid,
}

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::get("/backups", "list_backups", "system", "List backups")
        .describe(
            "The files in the folder of backups as they lie there now: one that was put there or taken away by hand shows at once. \
             Needs a grant without limits.",
        )
        .needs(READ);
    let op = named_list::<BackupView>(routes, op, Backup::SCHEMA);
    routes.add(op, list);
    let op = Operation::get("/backups/{id}", "get_backup", "system", "Get a backup")
        .describe(
            "What is known of it. To bring it back, stop the server and run `vigie backup restore`: no request does that. \
             Needs a grant without limits.",
        )
        .needs(READ);
    let op = routes.answers::<BackupView>(op, 200, "The backup.");
    routes.add(op, get);
    let op = Operation::post("/backups", "create_backup", "system", "Make a backup")
        .describe(
            "As a job, one at a time, while the server works: everything as it stands at one moment, read back before the job succeeds. \
             `Location` is where it will be. 409 while another is made, or where there is no room for it. Needs a grant without limits.",
        )
        .needs(WRITE)
        .fails(&[409]);
    let op = routes.answers::<BackupStarted>(op, 202, "The job that makes it.");
    routes.add(op, create);
    let op = Operation::post("/backups/{id}/verify", "verify_backup", "system", "Check a backup")
        .describe(
            "As a job: reads it to its end, compares each part with its checksum, opens the databases in it and counts their rows. \
             Needs a grant without limits.",
        )
        .needs(WRITE);
    let op = routes.answers::<JobStarted>(op, 202, "The job that does it.");
    routes.add(op, verify);
    let op = Operation::post("/backups/{id}/drill", "drill_backup", "system", "Try a backup out")
        .describe(
            "As a job: brings it back into a folder of its own beside the backups, opens databases and logs as a server does, counts, compares \
             with what it tells of itself, and removes the folder. Room is looked at first. Nothing of the server is touched. \
             Needs a grant without limits.",
        )
        .needs(WRITE);
    let op = routes.answers::<JobStarted>(op, 202, "The job that does it.");
    routes.add(op, drill);
    let op = Operation::get("/backups/{id}/download", "download_backup", "system", "Carry a backup away")
        .describe(
            "The file. Whoever has it sees everything that is in it, which the permission stands for and the audit keeps. \
             Needs a grant without limits.",
        )
        .needs(DOWNLOAD)
        .answers_file(200, "The file.");
    routes.add(op, download);
    let op = Operation::new(axum::http::Method::DELETE, "/backups/{id}", "delete_backup", "system", "Delete a backup")
        .describe("Deletes the file. Needs a grant without limits.")
        .needs(WRITE);
    routes.add(Routes::answers_nothing(op, 204, "Deleted."), delete);
}

async fn list(State(app): State<App>, Caller(cx): Caller, asked: Asked) -> Answered {
    let backups = app.backups.clone();
    let fetch = move |query| {
        let (backups, cx) = (backups.clone(), cx.clone());
        async move { Ok(backups.list(&cx, &query).await?.map(BackupView::from)) }
    };
    list_of(&app, Backup::SCHEMA, asked, fetch).await
}

async fn get(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&BackupView::from(app.backups.get(&cx, id).await?)))
}

async fn create(State(app): State<App>, Caller(cx): Caller) -> Answered {
    let begun = app.backups.create(&cx).await?;
    let location = format!("/api/v1/backups/{}", begun.id);
    let body = json_response(&BackupStarted { id: begun.id.into(), job_id: begun.job_id.into() });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], body).into_response())
}

async fn verify(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(accepted(app.backups.verify(&cx, id).await?.id))
}

async fn drill(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(accepted(app.backups.drill(&cx, id).await?.id))
}

async fn delete(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    app.backups.delete(&cx, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn download(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    let (backup, content) = app.backups.download(&cx, id).await?;
    let mut response = Response::new(Body::from_stream(content.pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.size_bytes));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&backup.name));
    Ok(response)
}

/// A file to be saved under this name; what is not plain in it is left out.
fn attachment(name: &str) -> HeaderValue {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"))
}
