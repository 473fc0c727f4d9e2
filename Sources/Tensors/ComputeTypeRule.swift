/// Decides the type that elementwise arithmetic runs in, operand by operand: f64 where a tensor with
/// axes is f64; where no tensor has axes, f64 unless all of them are f32.
package struct ComputeTypeRule {
  private var isEmpty = true
  private var haveAxes = false
  private var haveDoubles = false
  private var haveDoubleAxes = false

  package init() {}

  /// A tensor among the operands; plain numbers do not count.
  package mutating func add(rank: Int, _ type: ElementType) {
    isEmpty = false
    if rank > 0 { haveAxes = true }
    guard type == .f64 else { return }
    haveDoubles = true
    if rank > 0 { haveDoubleAxes = true }
  }

  /// - Parameter working: the type where it is not f64, asked for only then.
  package func type(working: @autoclosure () -> ElementType) -> ElementType {
    haveDoubleAxes || !haveAxes && (isEmpty || haveDoubles) ? .f64 : working()
  }
}
