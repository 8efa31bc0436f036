//! Site and building out of sysLocation, where it clearly names them: `Lyon, building B2, floor 3`.

use std::sync::LazyLock;

use regex::Regex;
use vigie_domain::devices::Site;
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read, UnitOfWork, Write};
use vigie_domain::{Id, Result, Scope, Timestamp};

/// Longest name that is taken for one.
const LONGEST: usize = 60;

/// Words that begin the name of a building.
static BUILDING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(?:building|bldg\.?|b(?:â|a)timent|b(?:â|a)t\.?|block|tower|hall|haus|geb(?:ä|ae)ude)\s*\S").ok());
/// Words that begin something smaller than a building.
static WITHIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:floor|etage|étage|level|room|salle|raum|rack|row|aisle|closet|wiring|machine|server|data ?cent(?:er|re)|idf|mdf|ceiling|cabinet|baie|local)\b").ok()
});

/// Names of a site, and of a building in it.
#[derive(Debug, PartialEq, Eq)]
struct Named<'t> {
    site: &'t str,
    building: Option<&'t str>,
}

/// Reads a sysLocation. A text of one part, or one whose parts say neither building nor floor, names nothing for sure.
fn named(location: &str) -> Option<Named<'_>> {
    let parts: Vec<&str> = location.split([',', ';', '/']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let [site, rest @ ..] = parts.as_slice() else { return None };
    let says = |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref().is_some_and(|p| p.is_match(text));
    let fits = |text: &str| text.chars().count() <= LONGEST && text.chars().any(char::is_alphabetic);
    if !fits(site) || says(&BUILDING, site) || says(&WITHIN, site) {
        return None;
    }
    let building = rest.iter().copied().find(|part| says(&BUILDING, part) && fits(part));
    let clear = building.is_some() || rest.iter().any(|part| says(&WITHIN, part));
    clear.then_some(Named { site, building })
}

/// The site, or building in it, that a sysLocation names; made where it does not exist.
pub(super) async fn site(work: &mut dyn UnitOfWork, location: &str, now: Timestamp) -> Result<Option<Id>> {
    let Some(names) = named(location) else { return existing(work, location.trim()).await };
    let site = find_or_make(work, names.site, None, now).await?;
    match names.building {
        Some(building) => find_or_make(work, &capitalised(building), Some(site), now).await.map(Some),
        None => Ok(Some(site)),
    }
}

/// A location that is the name of a site and nothing else.
async fn existing(work: &dyn UnitOfWork, name: &str) -> Result<Option<Id>> {
    if name.is_empty() || name.chars().count() > LONGEST {
        return Ok(None);
    }
    Ok(find(work, name, None).await?.map(|s| s.id))
}

async fn find(work: &dyn UnitOfWork, name: &str, parent: Option<Id>) -> Result<Option<Site>> {
    let of_parent = match parent {
        Some(parent) => Filter::eq(Site::SCHEMA, "parent_id", parent)?,
        None => Filter::on(Site::SCHEMA, "parent_id", vigie_domain::query::Operator::IsNull, [true.into()])?,
    };
    let sites: Vec<Site> = work.all(&Scope::system(), vec![of_parent]).await?;
    Ok(sites.into_iter().find(|s| s.name.to_lowercase() == name.to_lowercase()))
}

async fn find_or_make(work: &mut dyn UnitOfWork, name: &str, parent: Option<Id>, now: Timestamp) -> Result<Id> {
    if let Some(site) = find(work, name, parent).await? {
        return Ok(site.id);
    }
    let site = Site {
        id: Id::new(),
        version: 1,
        name: name.to_owned(),
        parent_id: parent,
        address: None,
        latitude: None,
        longitude: None,
        notes: None,
        created_at: now,
        updated_at: now,
    };
    work.insert(&site).await?;
    Ok(site.id)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_names_site_and_building_or_nothing() {
        let both = |site, building| Some(Named { site, building: Some(building) });
        assert_eq!(named("Lyon, building B2, floor 3, wiring closet"), both("Lyon", "building B2"));
        assert_eq!(named("Paris / Bâtiment 4"), both("Paris", "Bâtiment 4"));
        assert_eq!(named("Lyon, machine room, rack 7"), Some(Named { site: "Lyon", building: None }));
        for vague in ["", "Unknown", "server room", "Rack 4, row 2", "Building 7, floor 2", "Sitting on the Dock of the Bay", "a, b"] {
            assert_eq!(named(vague), None, "{vague}");
        }
        assert_eq!(capitalised("building B2"), "Building B2");
    }
}
