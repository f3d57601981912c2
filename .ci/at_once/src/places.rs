//! Where in a file something can be switched: the extents of its expressions, arms, fields and bodies.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// The extents in bytes, each found by where what cargo-mutants would replace begins.
#[derive(Debug, Default)]
pub struct Places {
    pub binaries: HashMap<usize, Binary>,
    pub unaries: HashMap<usize, Unary>,
    pub arms: HashMap<usize, Arm>,
    pub fields: HashMap<usize, Field>,
    /// The bodies of functions, from the first byte after the brace, and whether they stay constant: nothing can
    /// be switched where the compiler evaluates it.
    bodies: Vec<(Range<usize>, bool)>,
    /// The word `const` of functions that the compiler need not evaluate.
    pub consts: Vec<Range<usize>>,
    constant: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub struct Binary {
    pub left: Range<usize>,
    pub operator: Range<usize>,
    pub right: Range<usize>,
    /// A part of a chain with `let`, which is no expression on its own.
    pub has_let: bool,
}

#[derive(Clone, Debug)]
pub struct Unary {
    pub whole: Range<usize>,
    pub operand: Range<usize>,
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub pattern_end: usize,
    pub guard: Option<Range<usize>>,
    /// What is matched, where the compiler says that an arm is wanting.
    pub matched: Range<usize>,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub value: Range<usize>,
    pub is_shorthand: bool,
    /// The path of the struct, and where the other fields come from.
    pub of: Range<usize>,
    pub base: Option<Range<usize>>,
    /// The base is a place, from which one field can be taken.
    pub is_base_place: bool,
}

impl Places {
    /// The places in a file. Functions of the names in `constant` have to stay so.
    pub fn of(source: &str, constant: &BTreeSet<String>) -> Result<Self, String> {
        let file = syn::parse_file(source).map_err(|error| error.to_string())?;
        let mut places = Self { constant: constant.clone(), ..Self::default() };
        places.visit_file(&file);
        Ok(places)
    }

    /// The innermost body that begins before a byte and ends after it, unless it is constant.
    pub fn body_around(&self, at: usize) -> Option<&Range<usize>> {
        let around = self.bodies.iter().filter(|(body, _)| body.start <= at && at <= body.end);
        let innermost = around.min_by_key(|(body, _)| body.len());
        innermost.filter(|(_, is_const)| !is_const).map(|(body, _)| body)
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let braces = block.span().byte_range();
        let constness = signature.constness.map(|word| word.span().byte_range());
        let is_const = constness.is_some() && self.constant.contains(&signature.ident.to_string());
        self.consts.extend(constness.filter(|_| !is_const));
        self.bodies.push((braces.start + 1..braces.end - 1, is_const));
        if !is_const {
            self.visit_block(block);
        }
    }
}

/// A `let` that is not within parentheses or a block of its own.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl Visit<'_> for Places {
    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        self.body(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
    }

    fn visit_item_const(&mut self, _: &syn::ItemConst) {}

    fn visit_impl_item_const(&mut self, _: &syn::ImplItemConst) {}

    fn visit_trait_item_const(&mut self, _: &syn::TraitItemConst) {}

    fn visit_item_static(&mut self, _: &syn::ItemStatic) {}

    fn visit_expr_binary(&mut self, binary: &syn::ExprBinary) {
        let operator = binary.op.span().byte_range();
        let found = Binary {
            left: binary.left.span().byte_range(),
            operator: operator.clone(),
            right: binary.right.span().byte_range(),
            has_let: has_let(&binary.left) || has_let(&binary.right),
        };
        self.binaries.insert(operator.start, found);
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &syn::ExprUnary) {
        let whole = unary.span().byte_range();
        let operand = unary.expr.span().byte_range();
        self.unaries.insert(unary.op.span().byte_range().start, Unary { whole, operand });
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, one: &syn::ExprMatch) {
        for arm in &one.arms {
            let guard = arm.guard.as_ref().map(|(_, guard)| guard.span().byte_range());
            let found = Arm {
                pattern_end: arm.pat.span().byte_range().end,
                guard: guard.clone(),
                matched: one.expr.span().byte_range(),
            };
            if let Some(guard) = guard {
                self.arms.insert(guard.start, found.clone());
            }
            self.arms.insert(arm.span().byte_range().start, found);
        }
        visit::visit_expr_match(self, one);
    }

    fn visit_expr_struct(&mut self, one: &syn::ExprStruct) {
        for field in &one.fields {
            let base = one.rest.as_deref();
            let found = Field {
                name: match &field.member {
                    syn::Member::Named(name) => name.to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                },
                value: field.expr.span().byte_range(),
                is_shorthand: field.colon_token.is_none(),
                of: one.path.span().byte_range(),
                base: base.map(|base| base.span().byte_range()),
                is_base_place: matches!(base, Some(syn::Expr::Path(_) | syn::Expr::Field(_))),
            };
            self.fields.insert(field.span().byte_range().start, found);
        }
        visit::visit_expr_struct(self, one);
    }
}
