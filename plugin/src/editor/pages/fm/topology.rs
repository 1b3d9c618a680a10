//! The chart of an algorithm: operators as boxes, modulators above what they modulate, carriers at the bottom.

use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::OperatorParameter;
use tidepool_dsp::synth::Algorithm;

use crate::editor::page_context::PageContext;
use crate::editor::plot;
use crate::editor::theme::Colours;

const OPERATORS: usize = Parameter::OPERATORS;
const BOX: Vec2 = vec2(34.0, 21.0);
/// Largest distance from box to box.
const STEP: Vec2 = vec2(72.0, 42.0);

/// Draws the chosen algorithm.
pub fn show(ui: &mut Ui, page: &PageContext<'_>, area: Rect) {
    let number = page.choice(Parameter::FmAlgorithm);
    let name = page.text(Parameter::FmAlgorithm);
    let label = format!("Operators of algorithm {name}");
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let room = plot::ground(ui, area, page.colours);
    let painter = ui.painter().with_clip_rect(area);
    let algorithm = match number {
        0..32 => Algorithm::Classic(number as u8 + 1),
        _ => Algorithm::Free,
    };
    match algorithm.topology() {
        Some(topology) => chart(
            &painter,
            room,
            &topology.sources,
            topology.carriers,
            topology.feedback,
            page.colours,
        ),
        None => ring(&painter, room, page),
    }
}

/// Returns the positions of the boxes: columns from the left, and rows above the bottom.
fn places(sources: &[u8; OPERATORS], carriers: u8) -> [(f32, usize); OPERATORS] {
    let mut places = [(0.0, 0); OPERATORS];
    let modulates = |from: usize, to: usize| sources[to] & (1 << from) != 0;
    // A row is the longest path down to a carrier, which has no more steps than there are operators.
    for _ in 0..OPERATORS {
        for to in 0..OPERATORS {
            for from in (0..OPERATORS).filter(|from| modulates(*from, to)) {
                places[from].1 = places[from].1.max(places[to].1 + 1);
            }
        }
    }
    // A tree stands over the first operator that each modulator modulates.
    let first = |from: usize| (0..OPERATORS).find(|to| modulates(from, *to));
    fn stand(
        operator: usize,
        next: &mut f32,
        places: &mut [(f32, usize); OPERATORS],
        first: &impl Fn(usize) -> Option<usize>,
    ) {
        let begin = *next;
        for above in (0..OPERATORS).filter(|from| first(*from) == Some(operator)) {
            stand(above, next, places, first);
        }
        if *next == begin {
            *next += 1.0;
        }
        places[operator].0 = (begin + *next - 1.0) / 2.0;
    }
    let mut next = 0.0;
    for carrier in (0..OPERATORS).filter(|operator| carriers & (1 << operator) != 0) {
        stand(carrier, &mut next, &mut places, &first);
    }
    // An operator that modulates several others stands between them.
    for from in 0..OPERATORS {
        let targets: Vec<f32> = (0..OPERATORS)
            .filter(|to| modulates(from, *to))
            .map(|to| places[to].0)
            .collect();
        if targets.len() > 1 {
            places[from].0 = targets.iter().sum::<f32>() / targets.len() as f32;
        }
    }
    places
}

fn chart(
    painter: &Painter,
    room: Rect,
    sources: &[u8; OPERATORS],
    carriers: u8,
    feedback: (usize, usize),
    colours: &Colours,
) {
    let places = places(sources, carriers);
    let wide = places.iter().map(|(x, _)| *x).fold(0.0, f32::max);
    let high = places.iter().map(|(_, depth)| *depth).max().unwrap_or(0) as f32;
    let mut inside = room.shrink2(BOX / 2.0);
    // Room for the line that joins the carriers, and for the loop of the feedback.
    inside.max.y -= 10.0;
    inside.max.x -= 12.0;
    let step = vec2(
        (inside.width() / wide.max(1.0)).min(STEP.x),
        (inside.height() / high.max(1.0)).min(STEP.y),
    );
    let size = vec2(wide, high) * step;
    let corner = inside.center() + size * vec2(-0.5, 0.5);
    let centres = places.map(|(x, depth)| {
        let centre = corner + vec2(x, -(depth as f32)) * step;
        pos2(centre.x.round(), centre.y.round())
    });
    let half = BOX.y / 2.0;
    let line = Stroke::new(1.5, colours.quiet);
    let lines = |points: Vec<Pos2>, stroke| painter.add(Shape::line(points, stroke));
    for (to, from) in pairs().filter(|(to, from)| sources[*to] & (1 << from) != 0) {
        let (above, below) = (
            centres[from] + vec2(0.0, half),
            centres[to] - vec2(0.0, half),
        );
        let middle = (below.y - 8.0).max(above.y);
        lines(
            vec![above, pos2(above.x, middle), pos2(below.x, middle), below],
            line,
        );
    }
    let heard = |operator: &usize| carriers & (1 << operator) != 0;
    let floor = corner.y + half + 9.0;
    for carrier in (0..OPERATORS).filter(heard) {
        let below = centres[carrier] + vec2(0.0, half);
        lines(vec![below, pos2(below.x, floor)], line);
    }
    let ends = (0..OPERATORS)
        .filter(heard)
        .map(|operator| centres[operator].x);
    let (left, right) = (
        ends.clone().fold(f32::INFINITY, f32::min),
        ends.fold(f32::NEG_INFINITY, f32::max),
    );
    lines(
        vec![pos2(left - 8.0, floor), pos2(right + 8.0, floor)],
        line,
    );
    let (from, to) = feedback;
    let (from, to) = (
        centres[from] + vec2(0.0, half),
        centres[to] - vec2(0.0, half),
    );
    let side = from.x.max(to.x) + BOX.x / 2.0 + 7.0;
    let path = vec![
        from,
        from + vec2(0.0, 4.0),
        pos2(side, from.y + 4.0),
        pos2(side, to.y - 4.0),
        to - vec2(0.0, 4.0),
        to,
    ];
    lines(path, Stroke::new(1.5, colours.modulation));
    for (operator, centre) in centres.into_iter().enumerate() {
        boxed(painter, centre, operator, heard(&operator), colours);
    }
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..OPERATORS).flat_map(|to| (0..OPERATORS).map(move |from| (to, from)))
}

fn boxed(painter: &Painter, centre: Pos2, operator: usize, heard: bool, colours: &Colours) {
    let area = Rect::from_center_size(centre, BOX);
    let (fill, ink) = match heard {
        true => (colours.accent, colours.window),
        false => (colours.trough, colours.text),
    };
    painter.rect_filled(area, 4.0, fill);
    let stroke = Stroke::new(1.0, colours.window);
    painter.rect_stroke(area, 4.0, stroke, StrokeKind::Outside);
    let font = FontId::proportional(13.0);
    let number = (operator + 1).to_string();
    painter.text(centre, Align2::CENTER_CENTER, number, font, ink);
}

/// Draws the free algorithm: the operators in a ring, and an arrow for each modulation, brighter the stronger it is.
fn ring(painter: &Painter, room: Rect, page: &PageContext<'_>) {
    let colours = page.colours;
    let radius = room.size() / 2.0 - vec2(BOX.x, BOX.y);
    let radius = vec2(radius.x.min(1.9 * radius.y), radius.y);
    let centre = |operator: usize| {
        let turn =
            Vec2::angled(std::f32::consts::TAU * (operator as f32 / OPERATORS as f32 - 0.25));
        room.center() + turn * radius
    };
    for (to, from) in pairs().filter(|(to, from)| to != from) {
        let amount = page.value(Parameter::modulator(to, from));
        if amount > 0.0 {
            arrow(painter, centre(from), centre(to), colours.text, amount);
        }
    }
    for operator in 0..OPERATORS {
        let of = |parameter| page.value(Parameter::operator(operator, parameter));
        let heard = of(OperatorParameter::Output) > 0.0;
        if of(OperatorParameter::Feedback) > 0.0 {
            let at = centre(operator) + vec2(BOX.x / 2.0, -BOX.y / 2.0);
            painter.circle_stroke(at, 5.0, Stroke::new(1.5, colours.modulation));
        }
        boxed(painter, centre(operator), operator, heard, colours);
    }
}

fn arrow(painter: &Painter, from: Pos2, to: Pos2, colour: Color32, amount: f32) {
    let way = (to - from).normalized();
    // The arrows of both directions lie side by side.
    let side = way.rot90() * 4.0;
    let edge = (BOX.x / 2.0 / way.x.abs().max(1e-3)).min(BOX.y / 2.0 / way.y.abs().max(1e-3));
    let (from, to) = (from + way * edge + side, to - way * edge + side);
    let colour = colour.gamma_multiply(0.25 + 0.75 * amount);
    painter.line_segment([from, to], Stroke::new(1.0 + amount, colour));
    let head = vec![
        to,
        to - way * 7.0 + way.rot90() * 3.0,
        to - way * 7.0 - way.rot90() * 3.0,
    ];
    painter.add(Shape::convex_polygon(head, colour, Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(number: u8) -> [(f32, usize); OPERATORS] {
        let topology = Algorithm::Classic(number).topology().unwrap();
        places(&topology.sources, topology.carriers)
    }

    #[test]
    fn modulators_stand_above_what_they_modulate_and_no_two_in_one_place() {
        for number in 1..=32 {
            let topology = Algorithm::Classic(number).topology().unwrap();
            let places = stands(number);
            for (to, from) in pairs() {
                if topology.sources[to] & (1 << from) != 0 {
                    assert!(places[from].1 > places[to].1, "{number}: {from} over {to}");
                }
                let apart = (places[from].0 - places[to].0).abs() >= 0.5;
                let same = places[from].1 == places[to].1 && !apart;
                assert!(from == to || !same, "{number}: {places:?}");
            }
        }
    }

    #[test]
    fn the_first_algorithm_is_two_stacks_and_the_last_a_row() {
        let two = [(0.0, 0), (0.0, 1), (1.0, 0), (1.0, 1), (1.0, 2), (1.0, 3)];
        assert_eq!(stands(1), two);
        let row: Vec<_> = (0..OPERATORS).map(|n| (n as f32, 0)).collect();
        assert_eq!(stands(32).to_vec(), row);
    }
}
