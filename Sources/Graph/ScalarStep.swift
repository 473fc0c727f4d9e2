import Tensors

/// Many operations on single numbers in a row.
final class ScalarStep: PlanStep {
  private var program: ScalarProgram
  private var places: [Layout]
  let reads: [Int]
  let writes: [Int]
  let summary: StepSummary

  /// The fewest passes that are worth one.
  static let fewest = 2

  /// - Parameters:
  ///   - passes: passes over one element each, that follow each other.
  ///   - isInner: whether a piece is read by none but these.
  init(_ passes: [ElementwiseStep], isInner: (Int) -> Bool) {
    var places: [Layout] = []
    var positions: [Layout: Int] = [:]
    var outer: Set<Int> = []
    for pass in passes {
      for layout in pass.layouts + [pass.result] where positions[layout] == nil {
        if isInner(layout.base) { continue }
        positions[layout] = places.count
        places.append(layout)
        outer.insert(layout.base)
      }
    }
    var builder = ScalarBuilder(places: places.count, positions: positions)
    for pass in passes { builder.add(pass) }
    program = builder.program
    self.places = places
    let written = Set(passes.map(\.result.base)).intersection(outer)
    writes = written.sorted()
    reads = outer.subtracting(written).sorted()
    let operations = passes.flatMap(\.summary.operations)
    summary = StepSummary(
      operations: operations, shape: .scalar, type: passes.last?.result.type ?? .f64,
      work: Double(operations.count), bytes: Double(8 * places.count), isUnplanned: false)
  }

  func run(_ memory: PlanMemory) throws {
    for (index, layout) in places.enumerated() {
      program.set(index, to: UnsafeRawPointer(try memory.address(layout)))
    }
    try program.run()
  }
}

/// Turns programs with a stack into operations on cells.
private struct ScalarBuilder {
  var program: ScalarProgram
  private let positions: [Layout: Int]
  private var inner: [Int: ScalarProgram.Cell] = [:]

  init(places: Int, positions: [Layout: Int]) {
    program = ScalarProgram(places: places)
    self.positions = positions
  }

  private mutating func cell(_ layout: Layout) -> ScalarProgram.Cell {
    if let position = positions[layout] { return .place(position) }
    if let known = inner[layout.base] { return known }
    let cell = program.newCell()
    inner[layout.base] = cell
    return cell
  }

  mutating func add(_ pass: ElementwiseStep) {
    let type = pass.result.type
    let result = cell(pass.result)
    var stack: [(cell: ScalarProgram.Cell, type: ElementType)] = []
    for (index, instruction) in pass.instructions.enumerated() {
      if case .load(let source) = instruction {
        switch pass.places[source] {
        case .number(let number): stack.append((program.newCell(holding: number), .f64))
        case .layout(let layout): stack.append((cell(layout), layout.type))
        }
        continue
      }
      let taken =
        switch instruction {
        case .select: 3
        case .binary: 2
        default: 1
        }
      let operands = Array(stack.suffix(taken))
      stack.removeLast(Swift.min(taken, stack.count))
      let isLast = index == pass.instructions.count - 1
      let to = isLast ? result : program.newCell()
      program.add(instruction, operands, into: to, type)
      stack.append((to, type))
    }
    if case .load? = pass.instructions.last, let only = stack.last {
      program.add(nil, [only], into: result, type)
    }
  }
}

extension Planner {
  /// Puts passes over single numbers that follow each other together.
  ///
  /// - Parameter boundary: a place at which the steps stay apart.
  static func joiningScalars(
    _ steps: [any PlanStep], apartAt boundary: Int, pieces: [Piece]
  ) -> (first: [any PlanStep], second: [any PlanStep]) {
    var readers = [Int](repeating: 0, count: pieces.count)
    for step in steps { for base in Set(step.reads) { readers[base] += 1 } }
    var joined: [any PlanStep] = []
    var first: [any PlanStep] = []
    var waiting: [ElementwiseStep] = []
    func flush() {
      defer { waiting = [] }
      guard waiting.count >= ScalarStep.fewest else { return joined += waiting as [any PlanStep] }
      var own: [Int: Int] = [:]
      for pass in waiting { for base in Set(pass.reads) { own[base, default: 0] += 1 } }
      let filled = Set(waiting.map(\.result.base))
      joined.append(
        ScalarStep(waiting) { base in
          guard case .filled(_, nil) = pieces[base] else { return false }
          return filled.contains(base) && readers[base] == own[base, default: 0]
        })
    }
    for (index, step) in steps.enumerated() {
      if index == boundary {
        flush()
        (first, joined) = (joined, [])
      }
      if let pass = step as? ElementwiseStep, pass.result.shape.rank == 0, pass.isOfNumbers {
        waiting.append(pass)
      } else {
        flush()
        joined.append(step)
      }
    }
    flush()
    return boundary < steps.count ? (first, joined) : (joined, [])
  }
}
