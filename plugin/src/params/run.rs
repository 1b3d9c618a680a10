//! Structs of parameters that are in the order of the engine's table, so that a place leads to each of them.

use nice_plug::prelude::*;

use super::AnyParam;
use super::maker::Maker;

/// Parameters that follow one another in the table.
pub trait Run: Sized {
    /// How many they are.
    const COUNT: usize;

    /// Makes them, in order.
    fn make(maker: &mut Maker<'_>) -> Self;

    /// The one at this place among them. `[audio]`
    fn get(&self, place: usize) -> Option<AnyParam<'_>>;
}

impl Run for FloatParam {
    const COUNT: usize = 1;

    fn make(maker: &mut Maker<'_>) -> Self {
        maker.float()
    }

    fn get(&self, place: usize) -> Option<AnyParam<'_>> {
        (place == 0).then_some(AnyParam::Float(self))
    }
}

impl Run for IntParam {
    const COUNT: usize = 1;

    fn make(maker: &mut Maker<'_>) -> Self {
        maker.whole()
    }

    fn get(&self, place: usize) -> Option<AnyParam<'_>> {
        (place == 0).then_some(AnyParam::Int(self))
    }
}

/// A struct whose fields are runs that follow one another, which makes it one as well.
macro_rules! run {
    ($(#[$doc:meta])* $Name:ident { $(#[$attribute:meta] $field:ident: $Type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Params)]
        #[allow(missing_docs, reason = "the table says what each one is")]
        pub struct $Name {
            $(#[$attribute] pub $field: $Type,)+
        }

        impl Run for $Name {
            const COUNT: usize = 0 $(+ <$Type>::COUNT)+;

            fn make(maker: &mut Maker<'_>) -> Self {
                // Fields are made in the order in which they are written.
                Self { $($field: Run::make(maker),)+ }
            }

            fn get(&self, place: usize) -> Option<AnyParam<'_>> {
                $(
                    if place < <$Type>::COUNT {
                        return self.$field.get(place);
                    }
                    let place = place - <$Type>::COUNT;
                )+
                let _past_them_all = place;
                None
            }
        }
    };
}

pub(super) use run;
