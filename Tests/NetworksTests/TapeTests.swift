import Testing

@testable import Operations
@testable import Tensors

@Suite struct TapeTests {
  @Test func loopOfTenThousandSteps() throws {
    let x = try Tensor.scalar(0.5, .f64)
    let slope = try gradient(
      of: { arguments in
        var value = arguments[0]
        for _ in 0..<10_000 { value = try .sin(value) }
        return value
      }, at: [x])[0]
    var (value, expected) = (0.5, 1.0)
    for _ in 0..<10_000 {
      expected *= _cos(value)
      value = _sin(value)
    }
    #expect(abs((slope.item ?? .nan) - expected) < 1e-12 * max(1, abs(expected)))
  }

  @Test func aMillionEntriesAreFreedFlat() throws {
    let one = Variable(try Tensor.scalar(1, .f64))
    func chain(_ length: Int) throws -> (tape: Tape, start: Variable, end: Variable) {
      let tape = Tape()
      let start = tape.watch(one)
      var end = start
      for index in 0..<length {
        end = tape.record(
          .of(BinaryOperation.add), inputs: [one, one], output: one, parents: [index, -1])
      }
      return (tape, start, end)
    }
    var long: Tape? = try chain(1_000_000).tape
    #expect(long?.count == 1_000_001)
    long = nil
    let (tape, start, end) = try chain(50_000)
    #expect(try tape.sweep(from: end, to: [start])[0].tensor.item == 1)
    #expect(tape.count == 0)
  }

  @Test func nestedDerivativesKeepTheirLevels() throws {
    // d/dx (x · d/dy (x·y²) at y = 3) = d/dx (6x²) = 12x
    let three = Variable(try Tensor.scalar(3, .f64))
    let slope = try gradient(
      of: { outer in
        let inner = try gradient(
          of: { try .multiply(outer[0], .multiply($0[0], $0[0])) }, at: [three])
        return try .multiply(outer[0], inner[0])
      }, at: [try Tensor.scalar(2, .f64)])[0]
    #expect(slope.item == 24)
  }

  @Test func thirdDerivative() throws {
    func derivative(_ f: @escaping (Variable) throws -> Variable) -> (Variable) throws -> Variable {
      { try gradient(of: { try f($0[0]) }, at: [$0])[0] }
    }
    let third = derivative(derivative(derivative { try .exp(.multiply($0, Variable(2))) }))
    let value = try third(Variable(try Tensor.scalar(0, .f64)))
    #expect(abs((value.tensor.item ?? .nan) - 8) < 1e-12)
  }

  @Test func aResultThatDoesNotDependGivesZeros() throws {
    let x = try Tensor.zeros([2, 3])
    let slope = try gradient(of: { _ in try Variable(1) }, at: [x])[0]
    #expect(slope.shape == x.shape)
    #expect(slope.doubles() == [0, 0, 0, 0, 0, 0])
  }

  @Test func variablesThatOutliveTheirTapeAreConstants() throws {
    var leaked: Variable?
    _ = try gradient(
      of: {
        leaked = $0[0]
        return try .sum($0[0])
      }, at: [try Tensor.zeros([2])])
    #expect(leaked?.isConstant == true)
    #expect(leaked?.shape == [2])
  }

  @Test func gradientNeedsANumber() throws {
    #expect(throws: DifferentiabilityError.self) {
      try gradient(of: { $0[0] }, at: [try Tensor.zeros([2])])
    }
  }

  /// What `checkReach` says of the gradient of a function at [1, 2].
  private func reach(_ function: Function) throws -> DifferentiabilityError? {
    let tape = Tape()
    let x = tape.watch(try Tensor([1, 2] as [Double]))
    let result = try function([x])
    do {
      try tape.checkReach(from: result, to: [[x]])
      return nil
    } catch let error as DifferentiabilityError { return error }
  }

  @Test func aCutOnTheOnlyWayIsNamed() throws {
    #expect(try reach { try .sum($0[0]) } == nil)
    #expect(try reach { _ in try Variable(1) } == .independent)
    for cut in UnaryOperation.allCases.filter(\.isStepwise).map(Operation.of) {
      let error = try reach { try .sum(cut($0[0])) }
      guard case .notDifferentiable(cut.name, _) = error else {
        Issue.record("\(cut.name): \(error as Any)")
        continue
      }
      // Another way makes the gradient right.
      #expect(try reach { try .sum(.multiply($0[0], cut($0[0]))) } == nil)
    }
    let compared = try reach {
      $0[0].noteCut("a comparison", reason: "why")
      return try Variable(1)
    }
    #expect(compared == .notDifferentiable(name: "a comparison", reason: "why"))
  }

  @Test func aConstantSlopeIsNoCut() throws {
    for function in [
      { try .sum(.multiply($0[0], Variable(3))) }, { try .sum(.abs($0[0])) },
      { try .sum(.relu($0[0])) }, { try .sum(.remainder($0[0], Variable(3))) },
    ] as [Function] {
      #expect(try reach { try .sum(gradient(of: function, at: $0)[0]) } == nil)
    }
  }

  @Test func observerSeesWhereANaNIsBorn() throws {
    final class Watcher: TapeObserver {
      var first: String?
      func recorded(operation: String, inputs: [Variable], output: Variable, index: Int) {
        if first == nil, output.tensor.doubles().contains(where: \.isNaN) { first = operation }
      }
    }
    let tape = Tape()
    let watcher = Watcher()
    tape.observer = watcher
    let x = tape.watch(try Tensor([-1, 1] as [Double]))
    _ = try Variable.sum(.multiply(.log(x), Variable(2)))
    #expect(watcher.first == "log")
  }

  private func _sin(_ x: Double) -> Double {
    (try? Tensor.apply(.sin, Tensor.scalar(x, .f64)).item ?? .nan) ?? .nan
  }
  private func _cos(_ x: Double) -> Double {
    (try? Tensor.apply(.cos, Tensor.scalar(x, .f64)).item ?? .nan) ?? .nan
  }
}
