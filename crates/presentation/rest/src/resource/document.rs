//! The documents of every resource.

use axum::http::Method;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use vigie_domain::query::{Field, FieldKind, Index, Operator, Schema};

use super::handlers::{BulkAnswer, BulkInput};
use super::view::Shown;
use crate::routes::{Operation, Routes};

/// The extension that holds the whole grammar of a list.
pub const FILTERS: &str = "x-vigie-filters";
/// At most so many filter parameters stand in the document; `x-vigie-filters` holds the whole grammar.
const MOST_FILTERS: usize = 24;

pub(super) fn list<E: Shown>(routes: &mut Routes, path: &str) -> Operation {
    list_at::<E>(routes, path, &format!("list_{}", word::<E>()), &format!("List {}", plural::<E>()))
}

/// The document of a list at any path.
pub(super) fn list_at<E: Shown>(routes: &mut Routes, path: &str, id: &str, summary: &str) -> Operation {
    let operation = Operation::get(path, id, E::TAG, summary)
        .describe(format!(
            "A page of {}, of those the caller may see. Filters are `field__operator=value`; an unknown field, operator or value is a 400 that lists \
             what is valid. `Accept: application/x-ndjson` or `text/csv` streams the whole filtered set and ends with a trailer.",
            plural::<E>()
        ))
        .needs(E::READ)
        .extension(FILTERS, filter_grammar(E::SCHEMA));
    let operation = paging::<E::View>(operation, E::SCHEMA, E::INCLUDES);
    let view = routes.schema::<E::View>();
    let envelope = envelope::<E>(routes, &view);
    page_or_stream(routes, operation, &envelope)
}

/// A page, or by `Accept` the whole set as a stream.
fn page_or_stream(routes: &mut Routes, operation: Operation, envelope: &Json) -> Operation {
    let mut operation = routes.answers_schema(operation, 200, "A page.", envelope).fails(&[400, 406, 422]);
    if let Some((_, response)) = operation.responses.last_mut() {
        response["content"]["application/x-ndjson"] =
            json!({"schema": {"type": "string", "description": "One object a line, then {\"_end\":{\"rows\":N,\"complete\":true}}."}});
        response["content"]["text/csv"] =
            json!({"schema": {"type": "string", "description": "A header line, one row a line, then #complete rows=N."}});
    }
    operation
}

fn paging<V: ToSchema>(mut operation: Operation, schema: &'static Schema, includes: &[&str]) -> Operation {
    operation = operation
        .query("page_size", "Rows a page, 1 to 100.", &json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 25}))
        .query(
            "cursor",
            "Where the page begins: out of `next` or `previous`, used as it was given.",
            &json!({"type": "string", "maxLength": 2048}),
        )
        .query("ordering", &ordering_text(schema), &json!({"type": "string", "enum": orderings(schema)}));
    operation = partial::<V>(operation);
    if !schema.search.is_empty() {
        let text = format!("Words looked for in {}.", schema.search.join(", "));
        operation = operation.query("search", &text, &json!({"type": "string", "maxLength": 200}));
    }
    if !includes.is_empty() {
        let text = format!("What to add to each row, comma-separated, at most 50 of each: {}.", includes.join(", "));
        operation = operation.query("include", &text, &words(includes));
    }
    for (name, field, operator) in shown_filters(schema) {
        operation = operation.query(&name, &format!("Filter: {} ({operator}).", field.description), &value_schema(field.kind, operator));
    }
    operation
}

/// `fields=` makes answers that their schema does not describe: the document tells of it, and clients made of the document do not know it.
fn partial<V: ToSchema>(mut operation: Operation) -> Operation {
    let text = " Besides the parameters below, `fields=` with some of `x-vigie-fields`, comma-separated, gives these fields alone.";
    operation.description.push_str(text);
    let names: Vec<String> = super::columns::<V>().into_iter().map(|column| column.name).collect();
    operation.extension("x-vigie-fields", json!(names))
}

/// Some of these words, comma-separated.
fn words(of: &[&str]) -> Json {
    let word = of.join("|");
    json!({"type": "string", "maxLength": 1000, "pattern": format!("^({word})(,({word}))*$"), "example": of.first()})
}

fn ordering_text(schema: &Schema) -> String {
    let volatile: Vec<_> = schema.fields.iter().filter(|f| f.sortable && f.volatile).map(|f| f.name).collect();
    let base = format!("Order, descending with `-` before it; `{}` when absent. Every order ends in `id`.", schema.default_ordering);
    if volatile.is_empty() { base } else { format!("{base} Volatile, so that a walk may miss or repeat rows: {}.", volatile.join(", ")) }
}

fn orderings(schema: &Schema) -> Vec<String> {
    schema.orderings().flat_map(|name| [name.to_owned(), format!("-{name}")]).collect()
}

fn shown_filters(schema: &'static Schema) -> Vec<(String, &'static Field, &'static str)> {
    let mut shown = Vec::new();
    for field in schema.fields.iter().filter(|f| f.index == Index::Indexed) {
        shown.push((field.name.to_owned(), field, "eq"));
        match field.kind {
            FieldKind::Enum(_) => shown.push((format!("{}__in", field.name), field, "in")),
            FieldKind::Name => shown.push((format!("{}__contains", field.name), field, "contains")),
            FieldKind::Ip => shown.push((format!("{}__cidr", field.name), field, "cidr")),
            FieldKind::Time | FieldKind::Int => {
                shown.push((format!("{}__gte", field.name), field, "gte"));
                shown.push((format!("{}__lt", field.name), field, "lt"));
            }
            _ => {}
        }
    }
    shown.truncate(MOST_FILTERS);
    shown
}

fn value_schema(kind: FieldKind, operator: &str) -> Json {
    match (kind, operator) {
        (FieldKind::Enum(of), "in") => words(of),
        (_, "in") => json!({"type": "string", "description": "comma-separated values"}),
        (_, "cidr") => json!({"type": "string", "example": "10.0.0.0/8"}),
        (FieldKind::Enum(of), _) => json!({"type": "string", "enum": of}),
        (FieldKind::Int, _) => json!({"type": "integer"}),
        (FieldKind::Real, _) => json!({"type": "number"}),
        (FieldKind::Bool, _) => json!({"type": "boolean"}),
        (FieldKind::Time, _) => json!({"type": "string", "description": "RFC 3339, or relative such as -1h", "example": "-1h"}),
        (FieldKind::Id, _) => json!({"type": "string", "format": "uuid"}),
        (FieldKind::Ip, _) => json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}], "example": "192.0.2.7"}),
        (FieldKind::Text | FieldKind::Name, _) => json!({"type": "string"}),
    }
}

/// The whole grammar of a list: fields with kind, operators, index; orderings; relations.
pub fn filter_grammar(schema: &'static Schema) -> Json {
    let fields: Vec<Json> = schema
        .fields
        .iter()
        .map(|f| {
            json!({
                "name": f.name,
                "kind": kind_word(f.kind),
                "values": if let FieldKind::Enum(words) = f.kind { json!(words) } else { Json::Null },
                "operators": Operator::of(f.kind),
                "indexed": f.index == Index::Indexed,
                "sortable": f.sortable,
                "volatile": f.volatile,
                "description": f.description,
            })
        })
        .collect();
    let relations: Vec<_> = schema.relations.iter().map(|r| json!({"name": r.name, "resource": (r.schema)().table})).collect();
    json!({
        "fields": fields,
        "orderings": schema.orderings().collect::<Vec<_>>(),
        "default_ordering": schema.default_ordering,
        "relations": relations,
        "search": schema.search,
    })
}

fn kind_word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Name => "name",
        FieldKind::Enum(_) => "enum",
        FieldKind::Int => "integer",
        FieldKind::Real => "number",
        FieldKind::Bool => "boolean",
        FieldKind::Time => "time",
        FieldKind::Id => "id",
        FieldKind::Ip => "address",
    }
}

/// The document of a list whose rows are no [`Shown`] entities.
pub fn named_list<V: utoipa::ToSchema>(routes: &mut Routes, operation: Operation, schema: &'static Schema) -> Operation {
    let operation = paging::<V>(operation, schema, &[]).extension(FILTERS, filter_grammar(schema));
    let view = routes.schema::<V>();
    let envelope = envelope_of(routes, &V::name(), &view);
    page_or_stream(routes, operation, &envelope)
}

fn envelope<E: Shown>(routes: &mut Routes, view: &Json) -> Json {
    envelope_of(routes, &E::View::name(), view)
}

/// The document of a page of these rows.
pub fn envelope_of(routes: &mut Routes, row: &str, view: &Json) -> Json {
    let meta = routes.schema::<vigie_api_types::ListMeta>();
    let name = format!("{row}List");
    let schema = json!({
        "type": "object",
        "description": "A page of a list.",
        "required": ["next", "previous", "results", "meta"],
        "properties": {
            "next": {"type": ["string", "null"], "description": "Reference of the next page."},
            "previous": {"type": ["string", "null"], "description": "Reference of the page before."},
            "results": {"type": "array", "items": view, "description": "The rows. With `fields` they are partial."},
            "meta": meta,
        },
    });
    routes.schemas.entry(name.clone()).or_insert(schema);
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub(super) fn get<E: Shown>(routes: &mut Routes, path: &str) -> Operation {
    let mut operation = Operation::get(path, format!("get_{}", singular::<E>()), E::TAG, format!("Get {}", E::NOUN))
        .describe("Answers with an `ETag`, to be sent as `If-Match` with changes.")
        .needs(E::READ);
    operation = partial::<E::View>(operation);
    if !E::INCLUDES.is_empty() {
        let text = format!("What to add, comma-separated, at most 50 of each: {}.", E::INCLUDES.join(", "));
        operation = operation.query("include", &text, &words(E::INCLUDES));
    }
    routes.answers::<E::View>(operation, 200, "The object.")
}

pub(super) fn create<E: Shown>(routes: &mut Routes, path: &str) -> Operation {
    let operation = Operation::post(path, format!("create_{}", singular::<E>()), E::TAG, format!("Create {}", E::NOUN))
        .describe("An invalid body is answered with every field that is wrong, a value that must be unique and is taken with 409.")
        .needs(E::WRITE)
        .fails(&[409]);
    let operation = routes.body::<E::Input>(operation, true);
    let description = if E::CREATED == 202 { "Created; the work it asks for was begun." } else { "Created; `Location` tells where." };
    routes.answers::<E::View>(operation, E::CREATED, description)
}

pub(super) fn change<E: Shown>(routes: &mut Routes, method: Method, path: &str) -> Operation {
    let (verb, what) = if method == Method::PUT { ("replace", "Replace") } else { ("update", "Change") };
    let text = if method == Method::PUT {
        "Every writable field takes the value of the body, or its default where it is left out; secrets left out stay. PUT never creates."
    } else {
        "A merge patch (RFC 7396): fields left out stay as they are, null takes a value away, an unknown field is a 422."
    };
    let mut operation = Operation::new(method, path, format!("{verb}_{}", singular::<E>()), E::TAG, format!("{what} {}", E::NOUN))
        .describe(text)
        .needs(E::WRITE);
    operation = if_match::<E>(operation).fails(&[409]);
    let operation = routes.body::<E::Input>(operation, true);
    routes.answers::<E::View>(operation, 200, "The object as it is now.")
}

pub(super) fn delete<E: Shown>(path: &str) -> Operation {
    let mut operation = Operation::new(Method::DELETE, path, format!("delete_{}", singular::<E>()), E::TAG, format!("Delete {}", E::NOUN))
        .describe("What belongs to it goes with it. 409 says what else still needs it.")
        .needs(E::WRITE);
    for (name, description) in E::ASIDES {
        operation = operation.query(name, description, &json!({"type": "boolean", "default": false}));
    }
    Routes::answers_nothing(if_match::<E>(operation).fails(&[400, 409]), 204, "Deleted.")
}

pub(super) fn bulk<E: Shown>(routes: &mut Routes, path: &str) -> Operation {
    let operation =
        Operation::post(path, format!("bulk_{}", word::<E>()), E::TAG, format!("Create, change and delete {} in bulk", plural::<E>()))
            .describe("Up to 1,000 operations in order; each stands for itself, or with `atomic` all are done or none.")
            .needs(E::WRITE)
            .fails(&[404, 409, 412, 428]);
    let mut operation = routes.body::<BulkInput>(operation, true);
    let input = serde_json::to_value(<E::Input as utoipa::PartialSchema>::schema()).unwrap_or_default();
    if let (Some(body), true) = (&mut operation.body, input["example"].is_object()) {
        let create = json!({"op": "create", "data": input["example"]});
        body["content"]["application/json"]["example"] = json!({"operations": [create], "atomic": false});
    }
    routes.answers::<BulkAnswer>(operation, 200, "A result an operation, in their order.")
}

fn if_match<E: Shown>(operation: Operation) -> Operation {
    let text = if E::GUARDED {
        "The `ETag` of the object as it was read. Needed: without it the answer is 428."
    } else {
        "The `ETag` of the object as it was read; the answer is 412 when it was changed since."
    };
    let operation = operation.header("If-Match", text, &json!({"type": "string", "maxLength": 200, "example": "\"1\""}));
    if E::GUARDED { operation.fails(&[412, 428]) } else { operation.fails(&[412]) }
}

fn word<E: Shown>() -> String {
    E::PATH.replace(['-', '/'], "_")
}

fn singular<E: Shown>() -> String {
    E::SCHEMA.kind.replace(' ', "_")
}

fn plural<E: Shown>() -> String {
    E::PATH.rsplit('/').next().unwrap_or(E::PATH).replace('-', " ")
}
