//! What the comparison and the remedies know of a property.

/// Which way of differing protects less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A smaller number, a shorter time or `false` is weaker.
    MoreIsStronger,
    /// Listed from weakest to strongest; a value that is not listed is a plain change.
    Ranked(&'static [&'static str]),
    /// A list, each member of which protects; a missing one is weaker.
    EachIsStronger,
    /// Other is neither weaker nor stronger.
    Neutral,
}

/// What brings a property back to its intended value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restore {
    /// An option of the provider's modify command, followed by the value.
    Option(&'static str),
    /// Two options without a value, for true and for false.
    Switch(&'static str, &'static str),
    /// The tag command.
    Tag,
    /// Only a new resource can have another value: no command undoes this one.
    Replacement,
    /// The whole document is put again.
    Document,
}

/// One owned property of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// JSON Pointer from the root of the resource's struct.
    pub path: &'static str,
    pub direction: Direction,
    pub restore: Restore,
    /// What is gone once a stronger value is brought down to the intended one.
    pub loss: Option<&'static str>,
}

impl Property {
    pub(in crate::cloud) const fn losing(self, loss: &'static str) -> Property {
        Property {
            loss: Some(loss),
            ..self
        }
    }
}

/// A property that the frame renders and the cloud never tells back.
#[derive(Debug, Clone, Copy)]
pub struct NotCompared {
    pub path: &'static str,
    pub reason: &'static str,
}

/// A line of a resource's table.
pub(in crate::cloud) const fn property(
    path: &'static str,
    direction: Direction,
    restore: Restore,
) -> Property {
    Property {
        path,
        direction,
        restore,
        loss: None,
    }
}
