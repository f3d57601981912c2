//! Values by numbers that only grow: one place in memory for each, in pages of 64, and
//! pages of which nothing is left are given back.
//!
//! Knows nothing of jobs.

use core::array;
use std::collections::VecDeque;

const PAGE: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Pages<T> {
    /// The number of the first page that is here.
    first: usize,
    pages: VecDeque<Option<Box<Page<T>>>>,
}

#[derive(Clone, Debug)]
struct Page<T> {
    places: [Option<T>; PAGE],
    taken: u8,
}

impl<T> Pages<T> {
    pub(super) const fn new() -> Self {
        Self { first: 0, pages: VecDeque::new() }
    }

    pub(super) fn get(&self, number: usize) -> Option<&T> {
        self.pages.get(self.at(number)?)?.as_ref()?.places.get(number % PAGE)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let at = self.at(number)?;
        self.pages.get_mut(at)?.as_mut()?.places.get_mut(number % PAGE)?.as_mut()
    }

    /// Puts a value in the place of a number that is greater than all before it.
    pub(super) fn push(&mut self, number: usize, value: T) {
        let page = number / PAGE;
        if self.pages.is_empty() {
            self.first = page;
        }
        let Some(at) = self.at(number) else { return };
        while self.pages.len() <= at {
            self.pages.push_back(None);
        }
        let Some(page) = self.pages.get_mut(at) else { return };
        let page = page.get_or_insert_with(Box::default);
        if let Some(place) = page.places.get_mut(number % PAGE) {
            page.taken = page.taken.saturating_add(u8::from(place.is_none()));
            *place = Some(value);
        }
    }

    pub(super) fn remove(&mut self, number: usize) -> Option<T> {
        let at = self.at(number)?;
        let place = self.pages.get_mut(at)?;
        let page = place.as_mut()?;
        let value = page.places.get_mut(number % PAGE)?.take()?;
        page.taken = page.taken.saturating_sub(1);
        if page.taken == 0 {
            *place = None;
        }
        while let Some(None) = self.pages.front() {
            self.pages.pop_front();
            self.first = self.first.saturating_add(1);
        }
        Some(value)
    }

    fn at(&self, number: usize) -> Option<usize> {
        (number / PAGE).checked_sub(self.first)
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { places: array::from_fn(|_| None), taken: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages_in_memory<T>(pages: &Pages<T>) -> usize {
        pages.pages.iter().flatten().count()
    }

    #[test]
    fn a_value_is_found_by_its_number_until_it_is_removed() {
        let mut pages = Pages::new();
        for number in 0..200_usize {
            pages.push(number, number.to_string());
        }
        for number in (0..200).step_by(3) {
            assert_eq!(pages.remove(number), Some(number.to_string()));
            assert_eq!(pages.remove(number), None, "{number} is there twice");
        }
        for number in 0..300 {
            let expected = (number < 200 && number % 3 != 0).then(|| number.to_string());
            assert_eq!(pages.get(number), expected.as_ref());
            assert_eq!(pages.get_mut(number).cloned(), expected);
        }
    }

    #[test]
    fn what_is_over_takes_no_memory_beside_one_that_stays() {
        let mut pages = Pages::new();
        for number in 0..100_000_usize {
            pages.push(number, number);
            if number != 70 {
                assert_eq!(pages.remove(number), Some(number));
            }
        }
        assert_eq!((pages_in_memory(&pages), pages.get(70)), (1, Some(&70)));
        assert_eq!(pages.remove(70), Some(70));
        assert_eq!((pages.pages.len(), pages.get(70)), (0, None));
        pages.push(100_000, 7);
        assert_eq!((pages.pages.len(), pages.get(100_000)), (1, Some(&7)));
    }
}
