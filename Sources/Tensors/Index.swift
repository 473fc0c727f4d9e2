/// One place between the brackets of `x[…]`.
package enum Index: Sendable {
  /// One position, negative ones counting from the end; the axis is dropped.
  case at(Int)
  /// Positions from `start` up to before `stop`, clamped as in Python.
  case slice(start: Int?, stop: Int?, step: Int)
  /// The positions where a mask is not 0; it covers as many axes as it has.
  case mask(Tensor)
  /// The positions that whole numbers name, in their order; their shape replaces the axis.
  case gather(Tensor)
  /// All axes that the others leave out; once at most.
  case ellipsis
  /// A new axis of length 1.
  case newAxis

  /// The whole axis.
  package static let all = Index.slice(start: nil, stop: nil, step: 1)

  /// How many axes it uses up.
  var axes: Int {
    switch self {
    case .mask(let mask): mask.rank
    case .ellipsis, .newAxis: 0
    default: 1
    }
  }

  /// The first position, the distance between positions, and how many there are.
  static func bounds(
    start: Int?, stop: Int?, step: Int, length: Int
  ) throws(TensorError) -> (first: Int, count: Int) {
    if step == 0 { throw .zeroStep }
    func clamped(_ position: Int, _ low: Int, _ high: Int) -> Int {
      let counted = position < 0 ? position.addingReportingOverflow(length).partialValue : position
      return min(max(counted, low), high)
    }
    if step > 0 {
      let first = start.map { clamped($0, 0, length) } ?? 0
      let end = stop.map { clamped($0, 0, length) } ?? length
      return (first, end > first ? (end - first - 1) / step + 1 : 0)
    }
    let first = start.map { clamped($0, -1, length - 1) } ?? length - 1
    let end = stop.map { clamped($0, -1, length - 1) } ?? -1
    // `magnitude` because the least Int has no negation.
    let stride = Int(clamping: step.magnitude)
    return (first, first > end ? (first - end - 1) / stride + 1 : 0)
  }
}
