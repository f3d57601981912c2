//! The page at `/`, opened in a real browser and used by hand: with the mouse, with the
//! keyboard alone, and by somebody who means harm.
//!
//! Skipped, with a sentence, where there is no chromium; `REMOVIT_BROWSER_MUST_BE_THERE`
//! makes that a failure. `REMOVIT_SCREENSHOTS=DIR` keeps pictures of it.

mod support;

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use removit_tokio::proto::simulator::{Canned, Config, Fate, Fault, Kind, Rule, When};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use support::browser::Browser;
use support::{Backend, World, id_of};

/// A real picture in a file of this name.
fn picture(browser: &mut Browser, folder: &Path, name: &str) -> PathBuf {
    let drawn = browser.value(
        "(() => { const canvas = document.createElement('canvas');
         [canvas.width, canvas.height] = [480, 360];
         const pen = canvas.getContext('2d');
         pen.fillStyle = '#d9b38c'; pen.fillRect(0, 0, 480, 360);
         pen.fillStyle = '#2a6f97'; pen.beginPath(); pen.arc(240, 180, 110, 0, 7); pen.fill();
         return canvas.toDataURL('image/png').split(',')[1]; })()",
    );
    let path = folder.join(name);
    std::fs::write(&path, STANDARD.decode(drawn.as_str().unwrap()).unwrap()).unwrap();
    path
}

/// The photo of this name, as an expression in the page.
fn card(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('#photos > li')]\
         .find((card) => card.querySelector('h2').textContent === {})",
        json!(name)
    )
}

/// Waits until the page says that this photo is in this state.
#[track_caller]
fn until(browser: &mut Browser, name: &str, state: &str) {
    browser.until(&format!("{}?.querySelector('.state').textContent === '{state}'", card(name)));
}

/// Notes each state that any photo is shown in, from now on.
fn watch(browser: &mut Browser) {
    browser.value(
        "(() => { window.seen = [];
         new MutationObserver((changes) => { for (const { target } of changes)
           if (target.dataset?.state) window.seen.push(target.dataset.state); })
         .observe(document.querySelector('#photos'), { subtree: true, childList: true,
           attributes: true, attributeFilter: ['data-state'] });
         const voice = document.querySelector('#said');
         window.heard = [];
         new MutationObserver(() => window.heard.push(voice.textContent))
         .observe(voice, { childList: true }); })()",
    );
}

/// Keeps pictures of the page, where somebody wants them.
fn pictures(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("REMOVIT_SCREENSHOTS").map(PathBuf::from) else { return };
    for (look, width, dark) in [("light", 1000, false), ("dark", 1000, true), ("phone", 390, false)]
    {
        browser.look(width, dark);
        browser.screenshot(&folder.join(format!("{name}-{look}.png")));
    }
    browser.look(1000, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_demo_photos_move_to_done_before_ones_eyes_and_are_compared_by_keyboard() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::demo(folder.path()).await;
    browser.open(&backend.url);
    watch(&mut browser);
    assert_eq!(browser.value("document.querySelector('#none').checkVisibility()"), true);
    let (cup, hat) = (
        picture(&mut browser, folder.path(), "cup.png"),
        picture(&mut browser, folder.path(), "hat.png"),
    );
    // One is dropped; as many as there are.
    browser.drop_on("#drop", &[&cup]);
    until(&mut browser, "cup.png", "processing");
    browser.until("document.querySelector('progress').checkVisibility()");
    pictures(&mut browser, "working");
    until(&mut browser, "cup.png", "done");
    let seen = browser.value("window.seen");
    let seen: Vec<&str> = seen.as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    let way = ["waiting", "uploading", "processing", "fetching", "done"];
    let places: Vec<_> = seen.iter().map(|s| way.iter().position(|w| w == s).unwrap()).collect();
    assert!(places.is_sorted(), "{seen:?}");
    assert!(seen.contains(&"processing") && seen.last() == Some(&"done"), "{seen:?}");
    let heard = browser.value("window.heard");
    assert_eq!(heard.as_array().unwrap().last().unwrap(), "cup.png: done");
    assert_eq!(browser.value("document.querySelector('#none').checkVisibility()"), false);

    // One is chosen.
    browser.choose("#files", &hat);
    until(&mut browser, "hat.png", "done");
    let first = "document.querySelector('#photos h2').textContent";
    assert_eq!(browser.value(first), "hat.png", "the newest is first");

    // Both pictures are there, and a line between them that keys move.
    browser.until(&format!("{}.querySelectorAll('.pair img').length === 2", card("hat.png")));
    browser.until(
        "[...document.querySelectorAll('.pair img')].every((i) => i.complete && i.naturalWidth === 480)",
    );
    browser.tab_to(".compare input");
    let line = "(() => { const figure = document.activeElement.closest('.compare');
                return [document.activeElement.value, figure.querySelector('.before').style.clipPath,
                figure.querySelector('.line').style.left,
                document.activeElement.getAttribute('aria-valuetext')]; })()";
    assert_eq!(browser.value(line), json!(["50", "inset(0px 50% 0px 0px)", "50%", "50 % before"]));
    browser.press("ArrowRight");
    assert_eq!(browser.value(line), json!(["51", "inset(0px 49% 0px 0px)", "51%", "51 % before"]));
    browser.press("Home");
    assert_eq!(browser.value(line)[1], "inset(0px 100% 0px 0px)");
    browser.press("End");
    assert_eq!(browser.value(line)[1], "inset(0px 0% 0px 0px)");
    let names = browser.value(
        "[...document.activeElement.closest('.compare').querySelectorAll('img')].map((i) => i.alt).sort()",
    );
    assert_eq!(names[0], "hat.png, as it was given");
    browser.press("Home");
    for _ in 0..30 {
        browser.press("ArrowRight");
    }

    // Its history, by keyboard as well.
    browser.tab_to("summary");
    browser.press("Enter");
    let steps = "document.activeElement.closest('li').querySelector('.steps').innerText";
    browser.until(&format!("{steps}.includes('saved')"));
    let steps = browser.value(steps);
    assert!(steps.as_str().unwrap().contains("planned"), "{steps}");
    pictures(&mut browser, "done");
    assert_eq!(browser.complaints(), [] as [&Value; 0]);
    assert_eq!(browser.asked_elsewhere(&backend.url), [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ambiguous_or_failed_or_refused_is_decided_by_keyboard() {
    let Some(mut browser) = Browser::start() else { return };
    let failed = Fate::Failed { state: "FAILED".to_owned(), status: "failed".to_owned() };
    let config = Config::instant().with(|config| {
        config.script = vec![
            Rule::new(Kind::Upload, When::Nth(1), Fault::DropAfterWork),
            Rule::new(Kind::Upload, When::Nth(3), Fault::Fate(failed)),
            Rule::new(Kind::Upload, When::Nth(5), Fault::Answer(Canned::Validation)),
        ];
    });
    let world = World::new(config).await;
    let backend = world.start(&[]).await;
    browser.open(&backend.url);
    let file = |browser: &mut Browser, name| picture(browser, world.folder.path(), name);

    let cup = file(&mut browser, "cup.png");
    browser.choose("#files", &cup);
    until(&mut browser, "cup.png", "ambiguous");
    browser.tab_to("[aria-label='Send again: may cost again: cup.png']");
    let way = format!("{}.querySelector('.way').checkVisibility()", card("cup.png"));
    assert_eq!(browser.value(&way), false, "it is nowhere on the way");
    pictures(&mut browser, "ambiguous");
    // Nobody is asked to pay by a key that slipped.
    let question = browser.press_and_answer("Enter", false);
    assert!(question.contains("Nobody knows whether this photo was paid for"), "{question}");
    assert_eq!(world.paid(), 1);
    until(&mut browser, "cup.png", "ambiguous");
    browser.press_and_answer(" ", true);
    until(&mut browser, "cup.png", "done");
    assert_eq!(world.paid(), 2);

    let hat = file(&mut browser, "hat.png");
    browser.choose("#files", &hat);
    until(&mut browser, "hat.png", "failed");
    browser.tab_to("[aria-label='Send again: may cost again: hat.png']");
    let question = browser.press_and_answer("Enter", true);
    assert!(question.contains("was paid for and failed"), "{question}");
    until(&mut browser, "hat.png", "done");

    let shoe = file(&mut browser, "shoe.png");
    browser.choose("#files", &shoe);
    until(&mut browser, "shoe.png", "rejected");
    let why = browser.value(&format!("{}.querySelector('.reason').textContent", card("shoe.png")));
    assert!(why.as_str().unwrap().contains("422"), "{why}");
    pictures(&mut browser, "rejected");
    // This costs nothing, and is not asked about. Who pressed the button is not lost.
    browser.tab_to("[aria-label='Try again: costs nothing: shoe.png']");
    browser.press("Enter");
    until(&mut browser, "shoe.png", "done");
    let focused = format!("document.activeElement === {}", card("shoe.png"));
    assert_eq!(browser.value(&focused), true);
    assert_eq!(world.paid(), 5);

    // A page that is opened later shows the same.
    browser.open(&backend.url);
    browser.until("document.querySelectorAll('[data-state=done]').length === 3");
    assert_eq!(browser.complaints(), [] as [&Value; 0]);
}

/// Names that a stranger may give a photo. What is before a slash or after a question mark is
/// no part of a name.
const EVIL: [&str; 4] = [
    "<script>window.ran = 1<script>.png",
    "<img src=x onerror=\"window.ran = 2\">.png",
    "\"><svg onload=window.ran=3>.png",
    "javascript:window.ran=4",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_name_and_no_file_of_a_stranger_runs() {
    let Some(mut browser) = Browser::start() else { return };
    // What the vendor says of a failed job is a stranger's word as well.
    let script = EVIL.into_iter().zip(2..).map(|(evil, n)| {
        let failed = Fate::Failed { state: "FAILED".to_owned(), status: evil.to_owned() };
        Rule::new(Kind::Upload, When::Nth(n), Fault::Fate(failed))
    });
    let script = script.collect::<Vec<_>>();
    let world = World::new(Config::instant().with(|config| config.script = script)).await;
    let backend = world.start(&[]).await;
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"480\" height=\"360\" \
               onload=\"top.ran = 5\"><script>top.ran = 6</script><rect width=\"99\" height=\"99\"/>\
               <image href=\"x\" onerror=\"top.ran = 7\"/></svg>";
    let named =
        |name: &'static str| Form::new().part("file", Part::bytes(svg.as_bytes()).file_name(name));
    let first =
        id_of(backend.post("/photos").multipart(named("drawing.png")).send().await.unwrap()).await;
    backend.until(&first, "done").await;
    for evil in EVIL {
        let id = id_of(backend.post("/photos").multipart(named(evil)).send().await.unwrap()).await;
        backend.until(&id, "failed").await;
    }

    browser.open(&backend.url);
    browser.until("document.querySelectorAll('#photos > li').length === 5");
    let names = browser.value("[...document.querySelectorAll('h2')].map((h) => h.textContent)");
    let mut shown: Vec<_> = names.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    shown.reverse();
    assert_eq!(shown[0], "drawing.png");
    assert_eq!(shown[1..], EVIL);
    let reasons = browser.value("document.querySelector('#photos').innerText");
    for evil in EVIL {
        assert!(reasons.as_str().unwrap().matches(evil).count() >= 2, "{evil}: {reasons}");
    }
    // The drawing is a picture on the page, and nothing more.
    browser
        .until("[...document.querySelectorAll('.pair img')].some((i) => i.naturalWidth === 480)");
    browser.value("document.querySelectorAll('details').forEach((more) => { more.open = true; })");
    browser.until("document.querySelectorAll('.steps li').length >= 17");
    assert_eq!(browser.value("document.scripts.length"), 1);
    let strange =
        "document.querySelectorAll('#photos :is(script, svg, [onerror], [onload], iframe)').length";
    assert_eq!(browser.value(strange), 0);
    assert_eq!(browser.value("window.ran === undefined"), true);
    pictures(&mut browser, "evil");
    assert_eq!(browser.complaints(), [] as [&Value; 0]);
    assert_eq!(browser.asked_elsewhere(&backend.url), [] as [&str; 0]);

    // An HTML page by the name of a picture is not even taken, and the page says so.
    let html = world.folder.path().join("page.png");
    std::fs::write(&html, "<!doctype html><script>top.ran = 8</script>").unwrap();
    browser.choose("#files", &html);
    browser.until("document.querySelector('#messages').textContent.startsWith('page.png: ')");

    // Neither a frame nor a script is made of a file, wherever it came from.
    let path = format!("/photos/{first}/original");
    let tried = format!(
        "(async () => {{ const script = document.createElement('script'); script.src = '{path}';
         const failed = new Promise((done) => {{ script.onerror = () => done('refused');
           script.onload = () => done('ran'); }});
         document.body.append(script); return await failed; }})()"
    );
    assert_eq!(browser.value(&tried), "refused");
    // Opened by itself it is saved, and not shown.
    let why = browser.go(&format!("{}{path}", backend.url));
    assert!(why.is_some_and(|why| why.contains("ERR_ABORTED")));
    assert_eq!(browser.value("window.ran === undefined"), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injected_script_does_not_run_on_the_page() {
    let Some(mut browser) = Browser::start() else { return };
    let world = World::new(Config::instant()).await;
    let backend = world.start(&[]).await;
    browser.open(&backend.url);
    browser.value(
        "window.refused = [];
         document.addEventListener('securitypolicyviolation',
           (event) => window.refused.push(event.effectiveDirective));
         document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">');
         document.body.append(Object.assign(document.createElement('script'),
           { textContent: 'window.ran = 2' }));",
    );
    let sent = "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)";
    assert_eq!(browser.value(sent), "TypeError");
    assert_eq!(browser.value("window.ran === undefined"), true);
    browser.until("window.refused.length === 3");
    let refused = browser.value("window.refused.sort()");
    assert_eq!(refused, json!(["connect-src", "script-src-attr", "script-src-elem"]));
    assert_eq!(browser.value("window.ran === undefined"), true);
}
