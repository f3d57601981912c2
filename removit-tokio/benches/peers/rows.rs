//! The rows of the table: which work, by whom, and beside whom it is put.

/// What a job is.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [Row],
    /// How many jobs are run plain, and how many under callgrind; none where that would
    /// take minutes and tell nothing new.
    pub(crate) jobs: usize,
    pub(crate) traced: usize,
    /// The bytes of the photo that is sent.
    pub(crate) photo: u64,
}

/// Who does it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) who: &'static str,
    pub(crate) title: &'static str,
    /// The row that it is divided by.
    pub(crate) beside: Option<&'static str>,
    /// Whether its counts are recorded and held to.
    pub(crate) held: bool,
}

const fn ours(who: &'static str, title: &'static str, beside: Option<&'static str>) -> Row {
    Row { who, title, beside, held: true }
}

const fn peer(who: &'static str, title: &'static str) -> Row {
    Row { who, title, beside: None, held: false }
}

const CORE: &[Row] = &[ours("core", "removit-proto", None)];

pub(crate) const ALL: &[Work] = &[
    Work {
        name: "core-json",
        title: "the core alone, upload by URL and 3 polls",
        rows: CORE,
        jobs: 20_000,
        traced: 1_000,
        photo: 0,
    },
    Work {
        name: "core-multipart",
        title: "the core alone, multipart upload and 3 polls",
        rows: CORE,
        jobs: 20_000,
        traced: 1_000,
        photo: 0,
    },
    Work {
        name: "json",
        title: "upload by URL and 3 polls",
        rows: &[
            ours("tokio", "removit-tokio", Some("hyper-fresh")),
            peer("hyper", "hyper-util by hand, all on a kept connection"),
            peer("hyper-fresh", "hyper-util by hand, the upload on a fresh connection"),
            peer("reqwest", "reqwest as documented, all on a kept connection"),
            ours("blocking", "removit-blocking", Some("ureq-fresh")),
            peer("ureq", "ureq by hand, all on a kept connection"),
            peer("ureq-fresh", "ureq by hand, the upload on a fresh connection"),
        ],
        jobs: 2_000,
        traced: 100,
        photo: 0,
    },
    Work {
        name: "multipart",
        title: "1 MiB multipart upload from a file and 3 polls",
        rows: &[
            ours("tokio", "removit-tokio", Some("hyper-pool-fresh")),
            peer("hyper-inline", "hyper-util by hand, file read in the task, kept connection"),
            peer("hyper-pool", "hyper-util by hand, tokio's file, kept connection"),
            peer("hyper-pool-fresh", "hyper-util by hand, tokio's file, fresh connection"),
            ours("blocking", "removit-blocking", Some("ureq-fresh")),
            peer("ureq", "ureq by hand, kept connection"),
            peer("ureq-fresh", "ureq by hand, fresh connection"),
        ],
        jobs: 500,
        traced: 50,
        photo: 1 << 20,
    },
    Work {
        name: "large",
        title: "512 MiB multipart upload from a file",
        rows: &[
            ours("tokio", "removit-tokio", Some("hyper-pool")),
            peer("hyper-inline", "hyper-util by hand, file read in the task"),
            peer("hyper-pool", "hyper-util by hand, tokio's file"),
            ours("blocking", "removit-blocking", Some("ureq")),
            peer("ureq", "ureq by hand"),
            peer("curl", "curl -F, a process for each"),
        ],
        jobs: 4,
        traced: 0,
        photo: 512 << 20,
    },
];
