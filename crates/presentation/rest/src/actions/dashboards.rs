//! The system and network dashboards: computed once for each audience, served as the bytes that are kept.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use vigie_application::dashboards::{DashboardKind, NetworkDashboard, READ, Snapshot, SystemDashboard};

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::routes::{Operation, Routes};

pub(super) fn mount(routes: &mut Routes) {
    let text = "Sources are gathered side by side, each under a deadline; one that fails is named in `sources`, and the rest is served.";
    let op = Operation::get("/dashboards/system", "get_system_dashboard", "dashboards", "See how this host and Vigie itself are")
        .describe(text)
        .needs(READ);
    let op = routes.answers::<SystemDashboard>(op, 200, "The figures.");
    routes.add(op, |State(app): State<App>, Caller(cx): Caller| async move {
        Answered::Ok(answer(&*app.dashboards.get(&cx, DashboardKind::System).await?))
    });
    let op =
        Operation::get("/dashboards/network", "get_network_dashboard", "dashboards", "See how the network is").describe(text).needs(READ);
    let op = routes.answers::<NetworkDashboard>(op, 200, "The figures.");
    routes.add(op, |State(app): State<App>, Caller(cx): Caller| async move {
        Answered::Ok(answer(&*app.dashboards.get(&cx, DashboardKind::Network).await?))
    });
}

fn answer(snapshot: &Snapshot) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], snapshot.json.clone()).into_response()
}
