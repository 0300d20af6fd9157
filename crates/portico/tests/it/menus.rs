//! The menus know every page, and the palette finds what a person may use, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use accounts::groups::{GroupChange, NewGroup};
use accounts::users::UserChange;
use axum::http::{Method, StatusCode};
use base::Role;
use serde_json::Value;
use test_kit::{TestDatabase, on_both_databases, sqlite};
use ui_pages::menu::{Does, ROWS};
use web_kit::AnswerKind;

use crate::portal::{TestPortal, text};

/// Pages that no menu has, and why.
const IN_NO_MENU: [(&str, &str); 6] = [
    ("/", "leads on to a group, the sign-in or the setup"),
    ("/admin", "leads on to the first page of the admin portal"),
    ("/setup", "is there before anybody can sign in, once"),
    ("/sign-in", "is for those who are not signed in, who have no menu"),
    ("/no-group", "is where people land who have no group"),
    ("/g/{group}/notebooks/launch", "is what links in course material and readmes lead to"),
];

#[tokio::test]
async fn every_page_is_in_the_description_of_menus() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    let told: BTreeSet<&str> =
        ROWS.iter().filter_map(|row| row.address()).map(ui_pages::menu::Address::pattern).collect();
    let needs_more = |path: &str| path.replace("{group}", "").contains('{');
    let pages: BTreeSet<&str> = portal
        .rows
        .iter()
        .filter(|row| row.answer == AnswerKind::Page && !needs_more(row.path))
        .map(|row| row.path)
        .collect();
    let excused = BTreeSet::from(IN_NO_MENU.map(|(path, _)| path));
    let missing: Vec<_> =
        pages.iter().filter(|path| !told.contains(*path) && !excused.contains(*path)).collect();
    assert!(missing.is_empty(), "add a row to ui_pages::menu for {missing:?}");
    let stale: Vec<_> =
        excused.iter().filter(|path| told.contains(*path) || !pages.contains(*path)).collect();
    assert!(stale.is_empty(), "these are no exceptions: {stale:?}");
}

#[tokio::test]
async fn every_row_of_a_menu_is_served() {
    let database = sqlite().await;
    let portal = TestPortal::new(&database).await;
    for row in ROWS {
        let method = match row.does {
            Does::Open(_) => Method::GET,
            Does::Post(..) => Method::POST,
            Does::Dialog(_) => continue,
        };
        let pattern = row.address().unwrap().pattern();
        assert!(
            portal.rows.iter().any(|served| served.path == pattern && served.takes(&method)),
            "{}",
            row.id
        );
    }
}

/// A line of the palette.
#[derive(Debug)]
struct Line {
    title: String,
    subtitle: String,
    /// Where it leads, or what it presses.
    does: String,
}

struct Palette {
    portal: TestPortal,
    cookies: BTreeMap<&'static str, String>,
}

impl Palette {
    async fn new(database: &TestDatabase) -> Self {
        let portal = TestPortal::new(database).await;
        let world = &portal.world;
        let ctx = world.system();
        let change = UserChange {
            display_name: Some("Maximilian Muster".to_owned()),
            email: Some(Some("secret@mail.test".to_owned())),
            ..UserChange::default()
        };
        world.accounts.update_user(&ctx, "max", change).await.unwrap();
        for name in ["hidden", "vision-two"] {
            world
                .accounts
                .create_group(&ctx, NewGroup { name: name.to_owned(), ..NewGroup::default() })
                .await
                .unwrap();
        }
        let change = GroupChange { display_name: Some("Second Sight".to_owned()), ..GroupChange::default() };
        world.accounts.update_group(&ctx, "vision-two", change).await.unwrap();
        world.accounts.add_member(&ctx, "vision-two", "mia", Role::Member).await.unwrap();
        let mut cookies = BTreeMap::new();
        for name in ["otto", "mia", "max", "gail", "root"] {
            cookies.insert(name, portal.cookie(name).await);
        }
        Self { portal, cookies }
    }

    async fn job(&self, group: &str, who: &str, name: &str) -> String {
        let ctx = self.portal.world.person(who).await;
        let (group, job) = (self.portal.world.group(group).await, self.portal.world.job(name));
        self.portal.world.workloads.submit_job(&ctx, &group, job).await.unwrap().slug
    }

    async fn ask(&self, who: &str, group: &str, typed: &str) -> Vec<Line> {
        let cookie = self.cookies.get(who).map(String::as_str);
        let path = paths::query(paths::Palette.link(), &[("q", typed), ("group", group)]);
        let answer = self.portal.send(TestPortal::request(&Method::GET, &path, cookie, None)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let lines: Vec<Value> = serde_json::from_str(&text(answer).await).unwrap();
        let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        lines
            .iter()
            .map(|line| Line {
                title: word(line, "title"),
                subtitle: word(line, "subtitle"),
                does: word(line, "url") + &word(line, "press"),
            })
            .collect()
    }

    async fn titles(&self, who: &str, group: &str, typed: &str) -> Vec<String> {
        self.ask(who, group, typed).await.into_iter().map(|line| line.title).collect()
    }

    async fn leads(&self, who: &str, group: &str, typed: &str) -> Vec<String> {
        self.ask(who, group, typed).await.into_iter().map(|line| line.does).collect()
    }
}

on_both_databases! {
    async fn the_palette_has_the_pages_and_actions_of_a_person(database) {
        let palette = Palette::new(&database).await;
        let otto = palette.leads("otto", "vision", "").await;
        assert!(otto.contains(&"/profile".to_owned()) && otto.contains(&"/g/speech".to_owned()));
        assert!(otto.iter().all(|to| !to.contains("vision") && !to.starts_with("/admin")), "{otto:?}");

        let mia = palette.leads("mia", "vision", "").await;
        for to in ["/g/vision/jobs/new", "/g/vision/notebooks/new", "/g/vision/notebooks/run", "/g/vision/settings"] {
            assert!(mia.contains(&to.to_owned()), "{to} is missing in {mia:?}");
        }
        assert!(mia.contains(&"/g/vision-two".to_owned()), "the groups to switch to");
        assert!(!mia.contains(&"/g/vision/images/new".to_owned()));
        assert!(mia.iter().all(|to| !to.starts_with("/admin")), "{mia:?}");

        let gail = palette.leads("gail", "vision", "").await;
        assert!(gail.contains(&"/g/vision/images/new".to_owned()));
        assert!(gail.iter().all(|to| !to.starts_with("/admin")), "{gail:?}");

        let root = palette.leads("root", "vision", "").await;
        for to in ["/admin/groups/new", "/admin/users/new", "/admin/instance-types/new", "/admin/images/new", "/g/vision/images/new"] {
            assert!(root.contains(&to.to_owned()), "{to} is missing in {root:?}");
        }
        assert!(!root.contains(&"/g/vision/jobs/new".to_owned()), "who is no member runs nothing there");
        assert!(palette.leads("root", "", "").await.iter().all(|to| !to.starts_with("/g/")));

        // Every page that is offered is there for whoever it is offered to.
        for (who, pages) in [("otto", otto), ("mia", mia), ("gail", gail), ("root", root)] {
            let cookie = palette.cookies.get(who).map(String::as_str);
            for to in pages.iter().filter(|to| to.starts_with('/')) {
                let answer = palette.portal.send(TestPortal::request(&Method::GET, to, cookie, None)).await;
                assert_eq!(answer.status(), StatusCode::OK, "{to} for {who}");
            }
        }
    }
}

#[tokio::test]
async fn the_palette_knows_other_words_and_puts_the_best_first() {
    let database = sqlite().await;
    let palette = Palette::new(&database).await;
    for (typed, does) in [
        ("sign out", "do-sign-out"),
        ("log out", "do-sign-out"),
        ("dark mode", "do-theme-dark"),
        ("theme light", "do-theme-light"),
        ("shortcuts", "do-shortcuts"),
        ("new job", "/g/vision/jobs/new"),
        ("tok", "/profile/tokens"),
        ("openapi", "/api/docs"),
        ("jobs", "/g/vision/jobs"),
    ] {
        assert_eq!(
            palette.leads("mia", "vision", typed).await.first().map(String::as_str),
            Some(does),
            "{typed}"
        );
    }
    let credentials = palette.leads("mia", "vision", "credentials").await;
    assert_eq!(
        credentials,
        ["/profile/password", "/profile/tokens", "/profile/access-keys", "/profile/ssh-keys"]
    );
    assert_eq!(palette.titles("mia", "vision", "zzz").await, [""; 0]);

    for name in ["old sweep of rates", "sweep", "sweep of rates", "unsweeping"] {
        palette.job("vision", "mia", name).await;
    }
    let found = palette.titles("mia", "vision", "sweep").await;
    assert_eq!(found, ["sweep", "sweep of rates", "old sweep of rates", "unsweeping"]);
    // Bounded, with the best of what was found.
    for number in 0..12 {
        palette.job("vision", "mia", &format!("long sweep {number}")).await;
    }
    let found = palette.titles("mia", "vision", "sweep").await;
    assert_eq!(found.len(), 6);
    assert_eq!(found.first().map(String::as_str), Some("sweep"));
}

on_both_databases! {
    async fn the_palette_finds_things_of_the_group_only(database) {
        let palette = Palette::new(&database).await;
        let job = palette.job("vision", "mia", "find the needle").await;
        for who in ["mia", "max", "gail", "root"] {
            assert_eq!(palette.leads(who, "vision", "needle").await, [format!("/g/vision/jobs/{job}")], "{who}");
            assert_eq!(palette.leads(who, "speech", "needle").await, [""; 0], "{who}");
        }
        assert_eq!(palette.leads("otto", "vision", "needle").await, [""; 0]);
        assert_eq!(palette.leads("mia", "vision", &job).await, [format!("/g/vision/jobs/{job}")]);
        // One letter is too little for things, and enough for pages.
        let short = palette.leads("mia", "vision", "f").await;
        assert!(!short.iter().any(|to| to.contains("/jobs/job-")), "{short:?}");
        assert!(palette.leads("mia", "vision", "base").await.contains(&"/g/vision/images/base".to_owned()));
        assert!(!palette.leads("otto", "vision", "base").await.iter().any(|to| to.contains("vision")));
    }

    async fn the_palette_finds_people_and_groups_by_name(database) {
        let palette = Palette::new(&database).await;
        let muster = palette.ask("mia", "vision", "muster").await;
        assert_eq!(muster.len(), 1, "{muster:?}");
        assert_eq!((muster[0].title.as_str(), muster[0].does.as_str()), ("Maximilian Muster", "/g/vision/settings"));
        assert!(muster[0].subtitle.starts_with("Member of"), "{muster:?}");
        assert_eq!(palette.leads("mia", "vision", "max").await, ["/g/vision/settings"]);
        // Outsiders, people of other groups, and addresses of others are not found.
        assert_eq!(palette.titles("otto", "vision", "muster").await, [""; 0]);
        assert_eq!(palette.titles("mia", "vision", "otto").await, [""; 0]);
        assert_eq!(palette.titles("gail", "vision", "secret@mail").await, [""; 0]);
        for typed in ["max", "muster", "secret@mail"] {
            assert_eq!(palette.leads("root", "", typed).await, ["/admin/users/max"], "{typed}");
        }

        assert_eq!(palette.leads("mia", "vision", "sight").await, ["/g/vision-two"]);
        assert_eq!(palette.leads("mia", "vision", "vision-two").await, ["/g/vision-two"]);
        assert_eq!(palette.titles("mia", "vision", "hidden").await, [""; 0]);
        assert_eq!(palette.titles("gail", "vision", "sight").await, [""; 0]);
        assert_eq!(palette.leads("root", "", "hidden").await, ["/admin/groups/hidden"]);
        assert_eq!(palette.leads("root", "", "Second").await, ["/admin/groups/vision-two"]);

        assert!(palette.leads("root", "", "cpu-1").await.contains(&"/admin/instance-types/cpu-1".to_owned()));
        for who in ["gail", "mia"] {
            assert_eq!(palette.titles(who, "vision", "cpu-1").await, [""; 0]);
        }
    }
}
