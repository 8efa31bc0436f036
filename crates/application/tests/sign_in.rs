//! Signing in tells nobody which names exist: whoever is refused cost the work of one hash, the empty one where there is none (which takes
//! as long, see `PasswordHasher`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use vigie_application::events::EventBus;
use vigie_application::identity::{Identity, Origin, SignIn, bootstrap};
use vigie_application::{Core, Settings};
use vigie_domain::identity::{PasswordHasher, User};
use vigie_domain::store::{Read as _, Store as _, Write as _};
use vigie_domain::{ErrorKind, Id, Result, Scope, Secret};
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::sealer::PlainSealer;

/// Hashes that can be told apart, and what each was verified against.
#[derive(Default)]
struct Counting(Mutex<Vec<String>>);

const COST: &str = "$cost$";

impl PasswordHasher for Counting {
    fn hash(&self, password: &Secret) -> Result<String> {
        Ok(format!("{COST}{}", password.expose()))
    }

    fn verify(&self, password: &Secret, hash: &str) -> bool {
        self.0.lock().unwrap().push(hash.to_owned());
        hash.strip_prefix(COST) == Some(password.expose())
    }
}

#[tokio::test]
async fn whoever_is_refused_cost_one_hash() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let store = Arc::new(SqlStore::open(&folder.path().join("vigie.db"), clock.clone()).await.unwrap());
    let passwords = Arc::new(Counting::default());
    let core = Core {
        store: store.clone(),
        clock,
        sealer: Arc::new(PlainSealer),
        passwords: passwords.clone(),
        settings: Arc::new(Settings::default()),
        bus: Arc::new(EventBus::default()),
    };
    bootstrap(&core, Some(Secret::new("the right one"))).await.unwrap();
    let admin: User = store.find(&Scope::system(), "username", "admin".into()).await.unwrap().unwrap();
    let more = [
        User { id: Id::new(), username: "disabled".to_owned(), disabled: true, ..admin.clone() },
        User { id: Id::new(), username: "without".to_owned(), password_hash: None, ..admin },
    ];
    let mut work = store.begin().await.unwrap();
    for user in &more {
        work.insert(user).await.unwrap();
    }
    work.commit().await.unwrap();

    let identity = Identity::new(&core);
    let sign_in = |username: &str, password: &str| {
        let (identity, sign_in) = (identity.clone(), SignIn { username: username.to_owned(), password: Secret::new(password) });
        async move { identity.login(sign_in, &Origin::default(), "request").await.map(|signed| signed.user.username) }
    };
    let right = format!("{COST}the right one");
    for (username, password, hash) in
        [("admin", "wrong", &*right), ("nobody", "wrong", ""), ("disabled", "the right one", &right), ("without", "", "")]
    {
        let error = sign_in(username, password).await.unwrap_err();
        assert_eq!((error.kind(), error.detail()), (ErrorKind::NotAuthenticated, "user name or password are wrong"), "{username}");
        let computed = std::mem::take(&mut *passwords.0.lock().unwrap());
        assert_eq!(computed, [hash], "{username}");
    }
    assert_eq!(sign_in("admin", "the right one").await.unwrap(), "admin");
}
