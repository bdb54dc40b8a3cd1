//! Other digits than 0 to 9.

use crate::node::Node;
use cricket::Words;

/// Puts the language's digits into all that is read.
pub(crate) fn put(words: Words, node: &mut Node) {
    for (_, label) in node.attributes.iter_mut().filter(|it| it.0 == "aria-label") {
        *label = words.digits(label).into();
    }
    node.text = words.digits(&node.text).into();
    node.children.iter_mut().for_each(|it| put(words, it));
}
