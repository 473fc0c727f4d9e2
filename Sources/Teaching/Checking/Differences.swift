import Networks
import Runtime
import Tensors

/// Central differences of the loss on some elements, with kinks found and left out.
struct Differences {
  /// One element: its flat position and the slope there; nil at a kink.
  struct Sample {
    let element: Int
    let slope: Double?
  }

  let samples: [Sample]

  /// How many elements lie at a kink.
  var kinks: Int { samples.count { $0.slope == nil } }

  /// - Parameters:
  ///   - elements: the flat positions to look at.
  ///   - expected: autodiff's gradient, which decides how much a difference may be off.
  init(_ environment: CheckEnvironment, elements: [Int], expected: [Double]) throws {
    let point = try environment.point()
    let values = point.doubles()
    let type: ElementType = point.elementType
    func loss(_ element: Int, _ shift: Double) throws -> Double {
      var moved = values
      moved[element] += shift
      let tensor = try Tensor(doubles: moved, point.shape, elementType: type)
      return try environment.setting(Value(tensor)) {
        try environment.lossValue().tensor.item ?? .nan
      }
    }
    let center = try loss(0, 0)
    let scale = expected.reduce(0) { max($0, abs($1)) }
    // What the loss is known to: its last digits, in the type that it is computed in.
    let precision = type == .f64 ? 2.2e-16 : 6e-8
    let root = type == .f64 ? 6e-6 : 4e-3
    samples = try elements.filter { values.indices.contains($0) }.map { element in
      try Interrupt.check()
      let step = root * max(1, abs(values[element]))
      let rounding = 16 * precision * max(abs(center), 1e-3) / step
      func slopes(_ step: Double) throws -> (central: Double, gap: Double) {
        let (upper, lower) = (try loss(element, step), try loss(element, -step))
        return ((upper - lower) / (2 * step), (upper - 2 * center + lower) / step)
      }
      let wide = try slopes(step)
      let narrow = try slopes(step / 2)
      let allowed = 1e-4 * max(scale, abs(wide.central)) + 8 * rounding
      // A smooth function's one-sided slopes differ by step · f″, half as much at half the step;
      // at a kink they differ by the same jump however small the step.
      let bends = abs(wide.central - narrow.central) > allowed
      let jumps = abs(narrow.gap) > allowed && abs(narrow.gap) > 0.7 * abs(wide.gap)
      guard !bends, !jumps, narrow.central.isFinite else {
        let near = try slopes(step / 64)
        let isSmoothNearby =
          abs(near.gap) <= allowed * 64
          && abs(near.central - expected[element]) <= allowed * 64
        return Sample(element: element, slope: isSmoothNearby ? near.central : nil)
      }
      return Sample(element: element, slope: (4 * narrow.central - wide.central) / 3)
    }
  }

  /// Elements worth a look: those that differ most, the largest, and some spread evenly.
  static func elements(given: [Double]?, expected: [Double], limit: Int = 16) -> [Int] {
    let count = expected.count
    if count <= limit { return Array(0..<count) }
    var chosen: [Int] = []
    func add(_ candidates: some Sequence<Int>) {
      for element in candidates where !chosen.contains(element) { chosen.append(element) }
    }
    if let given, given.count == count {
      add(Self.largest(zip(given, expected).map { abs($0 - $1) }, limit / 4))
    }
    add(Self.largest(expected.map { abs($0) }, limit / 4))
    add(stride(from: 0, to: count, by: max(1, count / (limit / 2))).prefix(limit / 2))
    return Array(chosen.prefix(limit))
  }

  /// The positions of the largest values.
  static func largest(_ values: [Double], _ count: Int) -> [Int] {
    var best: [Int] = []
    for (index, value) in values.enumerated() {
      if best.count == count, let last = best.last, !(value > values[last]) { continue }
      let place = best.firstIndex { values[$0] < value } ?? best.count
      best.insert(index, at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}
