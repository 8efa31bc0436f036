//! What a store holds from the start.

use vigie_domain::devices::Realm;
use vigie_domain::store::Entity as _;
use vigie_domain::{Clock, Result, Scope};

use super::{read, write};
use crate::engine::Connection;

/// Makes the default realm where it is missing.
pub(crate) async fn ensure(connection: &mut Connection<'_>, clock: &dyn Clock) -> Result<()> {
    if read::document(connection, Realm::SCHEMA, &Scope::system(), Realm::DEFAULT).await?.is_some() {
        return Ok(());
    }
    let now = clock.now();
    let realm = Realm {
        id: Realm::DEFAULT,
        version: 1,
        name: "default".to_owned(),
        description: None,
        is_default: true,
        created_at: now,
        updated_at: now,
    };
    write::insert(connection, Realm::SCHEMA, &realm.record()?).await
}
