//! Where a file is, as seen from the page: a URL in an attribute, never more.
//!
//! Relative where it can be, so that the page still shows its pictures when it is moved
//! together with them, or served by a web server from a folder above.

use std::io::{self, ErrorKind};
use std::path::Path;

use url::Url;

/// Makes URLs that are read from where the page is.
#[derive(Debug)]
pub(super) struct Links {
    page: Url,
}

impl Links {
    /// For a page at this path.
    ///
    /// # Errors
    /// Where the path cannot be a URL, or there is no current folder.
    pub(super) fn from(page: &Path) -> io::Result<Self> {
        Ok(Self { page: file_url(page)? })
    }

    /// The URL of a file; `None` where no URL can name it.
    pub(super) fn to(&self, file: &Path) -> Option<String> {
        let url = file_url(file).ok()?;
        let relative = self.page.make_relative(&url).map(|relative| match relative {
            // A name such as `javascript:x` begins with no scheme then.
            name if !name.starts_with("../") => format!("./{name}"),
            path => path,
        });
        // On another drive, say, only the whole URL names it.
        let is_it = |relative: &String| self.page.join(relative).as_ref() == Ok(&url);
        Some(relative.filter(is_it).unwrap_or_else(|| url.to_string()))
    }
}

fn file_url(path: &Path) -> io::Result<Url> {
    let path = std::path::absolute(path)?;
    let no_url = || io::Error::new(ErrorKind::InvalidInput, "no URL can name such a path");
    Url::from_file_path(path).map_err(|()| no_url())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn link(page: &str, file: &str) -> String {
        Links::from(Path::new(page)).unwrap().to(Path::new(file)).unwrap()
    }

    #[test]
    fn a_file_is_named_from_where_the_page_is() {
        assert_eq!(link("/shop/out/page.html", "/shop/out/cup.png"), "./cup.png");
        assert_eq!(link("/shop/page.html", "/shop/out/cup.png"), "./out/cup.png");
        assert_eq!(link("/shop/out/page.html", "/shop/photos/cup.png"), "../photos/cup.png");
        assert_eq!(link("/page.html", "/a/b"), "./a/b");
        assert_eq!(link("/a/b/page.html", "/c"), "../../c");
    }

    #[test]
    fn a_relative_path_begins_at_the_current_folder() {
        assert_eq!(link("out/page.html", "photos/cup.png"), "../photos/cup.png");
    }

    #[test]
    fn no_name_is_read_as_a_scheme_a_host_a_query_or_another_folder() {
        for (name, expected) in [
            ("javascript:alert(1)", "./javascript:alert(1)"),
            ("a?b#c%20d", "./a%3Fb%23c%2520d"),
            ("a b\"<>.png", "./a%20b%22%3C%3E.png"),
            ("a\\b", "./a%5Cb"),
            ("\n", "./%0A"),
            ("стул.png", "./%D1%81%D1%82%D1%83%D0%BB.png"),
        ] {
            assert_eq!(link("/x/page.html", &format!("/x/{name}")), expected);
        }
    }

    #[test]
    fn a_name_that_is_no_text_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let name = Path::new(std::ffi::OsStr::from_bytes(b"/x/caf\xe9.jpg"));
        let links = Links::from(Path::new("/x/page.html")).unwrap();
        assert_eq!(links.to(name).as_deref(), Some("./caf%E9.jpg"));
    }
}
