//! What holds for the table, and what is shown of it to whom.

use std::collections::BTreeSet;

use super::{Audience, Does, Menu, ROWS, Rank, Viewer, items, rank, row_of};
use crate::assets;
use crate::frame::Entry;

const MENUS: [Menu; 10] = [
    Menu::Portal,
    Menu::Admin,
    Menu::Person,
    Menu::Themes,
    Menu::Out,
    Menu::Profile,
    Menu::QuickStart,
    Menu::UserGuide,
    Menu::NoGroup,
    Menu::NoGroupTiles,
];

const OUTSIDER: Viewer<'_> =
    Viewer { group: None, is_member: false, is_group_admin: false, is_platform_admin: false };
const MEMBER: Viewer<'_> = Viewer { group: Some("vision"), is_member: true, ..OUTSIDER };
const GROUP_ADMIN: Viewer<'_> = Viewer { is_group_admin: true, ..MEMBER };
const PLATFORM_ADMIN: Viewer<'_> = Viewer { is_member: false, is_platform_admin: true, ..GROUP_ADMIN };

fn labels(menu: Menu, viewer: Viewer<'_>) -> Vec<&'static str> {
    items(menu, viewer).iter().map(|item| item.label).collect()
}

fn shown(viewer: Viewer<'_>) -> BTreeSet<&'static str> {
    ROWS.iter().filter(|row| row.link(viewer).is_some()).map(|row| row.id).collect()
}

#[test]
fn rows_are_whole_and_unique() {
    let sprite = assets::asset("icons.svg").unwrap();
    let sprite = std::str::from_utf8(&sprite.bytes).unwrap().to_owned();
    let (mut ids, mut places, mut entries) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for row in ROWS {
        assert!(ids.insert(row.id), "{} is there twice", row.id);
        assert!(row.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", row.id);
        assert!(!row.label.is_empty() && !row.words.is_empty(), "{} has no label or no words", row.id);
        for icon in std::iter::once(row.icon).chain(row.places.iter().filter_map(|place| place.icon)) {
            assert!(sprite.contains(&format!("id=\"{icon}\"")), "{}: no icon {icon:?}", row.id);
        }
        for place in row.places {
            let spot = (format!("{:?}", place.menu), place.order);
            assert!(places.insert(spot), "{}: another row has its place in {:?}", row.id, place.menu);
            let is_tile = matches!(place.menu, Menu::QuickStart | Menu::UserGuide | Menu::NoGroupTiles);
            assert!(!is_tile || !place.text.is_empty(), "{}: a tile without a sentence", row.id);
        }
        if row.entry != Entry::Other {
            assert!(!entries.contains(&row.entry), "{}: another row has its entry", row.id);
            entries.push(row.entry);
        }
        let needs_group = matches!(row.who, Audience::Members | Audience::GroupAdmins);
        if let Some(address) = row.address() {
            let pattern = address.pattern();
            let link = address.link(Some("a b")).unwrap();
            assert_eq!(link, pattern.replace("{group}", "a%20b"), "{}", row.id);
            assert_eq!(address.link(None).is_none(), pattern.contains("{group}"), "{}", row.id);
            assert!(!needs_group || pattern.contains("{group}"), "{}: of no group", row.id);
        }
    }
}

#[test]
fn what_presses_a_button_has_one_on_every_page() {
    for row in ROWS.iter().filter(|row| !matches!(row.does, Does::Open(_))) {
        let menus = row.places.iter().map(|place| place.menu);
        let buttons = menus.filter(|menu| matches!(menu, Menu::Person | Menu::Themes | Menu::Out)).count();
        assert_eq!(buttons, 1, "{}", row.id);
    }
}

#[test]
fn menus_keep_their_order_and_words() {
    assert_eq!(labels(Menu::Portal, MEMBER), ["Home", "Notebooks", "Jobs", "Images", "Settings"]);
    assert_eq!(labels(Menu::Portal, OUTSIDER), [""; 0]);
    let heads = items(Menu::Portal, MEMBER).into_iter().filter_map(|item| Some((item.label, item.heading?)));
    assert_eq!(heads.collect::<Vec<_>>(), [("Images", "Group")]);
    assert_eq!(
        labels(Menu::Admin, PLATFORM_ADMIN),
        ["Groups", "Users", "Instance types", "Images", "System"]
    );
    assert_eq!(
        labels(Menu::Profile, OUTSIDER),
        ["Profile", "Password", "Sessions", "API tokens", "SSH keys", "Access keys", "Configuration vault"]
    );
    assert_eq!(
        labels(Menu::Person, MEMBER),
        ["Profile", "Change password", "API tokens", "REST API", "Keyboard shortcuts"]
    );
    assert_eq!(
        labels(Menu::Person, PLATFORM_ADMIN),
        ["Profile", "Change password", "API tokens", "REST API", "Admin portal", "Keyboard shortcuts"]
    );
    assert_eq!(labels(Menu::Themes, OUTSIDER), ["Light", "Dark", "System"]);
    assert_eq!(labels(Menu::Out, OUTSIDER), ["Log out"]);
    assert_eq!(
        labels(Menu::QuickStart, MEMBER),
        ["Start a notebook", "Run a job", "Open jobs", "Open images"]
    );
    assert_eq!(
        labels(Menu::UserGuide, MEMBER),
        ["Work in a notebook", "Write a good job", "Work from your own machine", "Know your limits"]
    );
    assert_eq!(labels(Menu::NoGroup, OUTSIDER), [""; 0]);
    assert_eq!(labels(Menu::NoGroup, Viewer { group: None, ..PLATFORM_ADMIN }), ["New group", "Groups"]);
    assert_eq!(labels(Menu::NoGroupTiles, OUTSIDER), ["Profile", "API tokens", "Log out"]);
}

#[test]
fn every_row_is_in_a_known_menu_or_in_the_palette_alone() {
    for menu in MENUS {
        assert!(!items(menu, Viewer { is_member: true, ..PLATFORM_ADMIN }).is_empty(), "{menu:?}");
    }
}

#[test]
fn people_see_what_they_may_use() {
    let new = |ids: BTreeSet<&'static str>, others: &BTreeSet<&'static str>| {
        ids.difference(others).copied().collect::<Vec<_>>()
    };
    let (outsider, member) = (shown(OUTSIDER), shown(MEMBER));
    assert!(outsider.contains("sign-out") && outsider.contains("profile"));
    assert_eq!(
        new(member.clone(), &outsider),
        ["home", "images", "job-new", "jobs", "notebook-new", "notebook-run", "notebooks", "settings"]
    );
    assert_eq!(new(shown(GROUP_ADMIN), &member), ["image-new"]);
    let platform = shown(PLATFORM_ADMIN);
    assert!(!platform.contains("job-new"), "who is no member runs nothing there");
    assert!(platform.contains("image-new") && platform.contains("jobs"));
    let admin = new(platform, &shown(GROUP_ADMIN));
    assert!(admin.iter().all(|id| id.starts_with("admin")) && admin.len() == 10, "{admin:?}");
}

#[test]
fn entries_lead_to_their_rows() {
    assert_eq!(row_of(Entry::Jobs).unwrap().id, "jobs");
    assert_eq!(row_of(Entry::AdminImages).unwrap().id, "admin-images");
    assert!(row_of(Entry::Other).is_none());
}

#[test]
fn what_begins_like_it_comes_first() {
    assert_eq!(rank("jobs", &["Jobs"], ""), Some(Rank::Whole));
    assert_eq!(rank("jo", &["Jobs"], ""), Some(Rank::Start));
    assert_eq!(rank("tok", &["API tokens"], ""), Some(Rank::Word));
    assert_eq!(rank("oken", &["API tokens"], ""), Some(Rank::Inside));
    assert_eq!(rank("sign out", &["Log out"], "sign out exit"), Some(Rank::Words));
    assert_eq!(rank("DARK mode", &["Dark theme"], "mode"), Some(Rank::Words));
    assert_eq!(rank("job new", &["New job"], ""), Some(Rank::Words));
    assert_eq!(rank("mia", &["Mia Hamm", "mia"], ""), Some(Rank::Whole));
    assert_eq!(rank("train", &["retrain-train"], ""), Some(Rank::Word));
    assert_eq!(rank("über", &["Größe über alles"], ""), Some(Rank::Word));
    assert_eq!(rank("ign", &["Log out"], "sign out"), None);
    assert_eq!(rank("job and more", &["New job"], ""), None);
    assert!(Rank::Whole < Rank::Start && Rank::Start < Rank::Inside);
}
