import Datasets
import Networks
import Operations
import Tensors
import Testing

@testable import Language
@testable import Library

/// What every builtin does with arguments that do not fit: an error, never a trap.
@Suite struct BuiltinArgumentTests {
  /// One value of every kind, and awkward ones of the common kinds.
  static func samples() throws -> [Value] {
    let network = try Network([Dense(inputs: 2, outputs: 2)], generator: &generator)
    let set = try DataSet(
      x: Tensor.matrix([[0, 1], [1, 0]]), y: Tensor(doubles: [0, 1], elementType: .f32))
    return [
      .none, .bool(true), .number(0), .number(-1), .number(2.5), .number(3), .number(.nan),
      .number(.infinity), .number(-1e300), .number(9.3e18), .text("text"), .text(""),
      try .vector([]), try .vector([1, 2, 3]), try .vector([.nan, -.infinity, 1e30]),
      try .matrix([[1, 2], [3, 4]]), try .matrix([]),
      .tensor(Box(try Tensor.zeros([2, 0, 3]))), .tensor(Box(try Tensor.full([2, 2], 1, .f64))),
      .tensor(Box(try Tensor.full([2], 1, .bool))), .items([]), .items([.number(1), .text("a")]),
      .items([try .matrix([[1]]), try .vector([1])]), .items([.number(2), .number(3)]),
      .fields([]), .fields([("x", .number(1)), ("y", .text("b"))]),
      .range(Box(NumberRange(lower: 0, upper: 3, isInclusive: false))),
      .range(Box(NumberRange(lower: 0, upper: 1e15, isInclusive: true))),
      .function(Function(Builtin.relu)), .function(Function(Builtin.exit)),
      .network(Box(NetworkValue(network))), .optimizer(Box(Optimizer(.adam))),
      .schedule(Box(.constant(0.1))), .dataSet(Box(set)), .split(Box(set.train)),
      .traced(Box(Tape().watch(try Tensor.full([2], 1)))),
    ]
  }

  nonisolated(unsafe) private static var generator = RandomGenerator(seed: 1)

  @Test(arguments: Builtin.all.map(\.name)) func anyArgumentsThrowOrReturn(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let bench = BuiltinBench()
    let samples = try Self.samples()
    func attempt(_ values: [Value], _ names: [String?] = []) {
      do {
        _ = try builtin.invoke(values, names: names, interpreter: bench).display()
      } catch {
        let failure = RuntimeError(error)
        if case .exit = failure { return }
        #expect(!failure.message.isEmpty)
      }
    }
    attempt([])
    for first in samples {
      attempt([first])
      for second in samples { attempt([first, second]) }
    }
    // Three and more: the first ones fit, so that the later ones are looked at.
    for parameter in builtin.declaration.parameters {
      for value in samples {
        attempt([value], [parameter.name])
        attempt([samples[13], value], [nil, parameter.name])
        attempt([samples[15], samples[15], value], [nil, nil, parameter.name])
        attempt([samples[5], samples[5], value], [nil, nil, parameter.name])
        attempt([samples[5], samples[5], samples[5], value])
      }
    }
  }

  @Test(arguments: Builtin.all.map(\.name)) func tooFewAndTooMany(_ name: String) throws {
    let declaration = try #require(Builtin.named(name)).declaration
    let bench = BuiltinBench()
    let builtin = try #require(Builtin.named(name))
    if declaration.requiredCount > 0 {
      #expect { try builtin.invoke([], interpreter: bench) } throws: {
        if case .missingArgument(let function, _, let usage) = $0 as? RuntimeError {
          return function == name && usage == declaration.signature
        }
        return false
      }
    }
    // Of a list without an end there cannot be too many.
    if !declaration.parameters.contains(where: \.isVariadic) {
      let many = Array(repeating: Value.none, count: declaration.parameters.count + 1)
      #expect(throws: RuntimeError.self) { try builtin.invoke(many, interpreter: bench) }
    }
  }

  @Test(arguments: Builtin.all.map(\.name)) func wrongKindsNameTheParameter(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let samples = try Self.samples()
    for parameter in builtin.declaration.parameters where parameter.kind != .any {
      var refused = 0
      for value in samples where isRefused(value, by: parameter) {
        refused += 1
        #expect {
          try builtin.invoke([value], names: [parameter.name], interpreter: BuiltinBench())
        } throws: {
          guard
            case .argumentKind(let function, let place, let expected, let got, _) =
              $0 as? RuntimeError
          else { return false }
          return function == name && place == parameter.name && !expected.isEmpty && !got.isEmpty
        }
      }
      #expect(refused > 0, "\(name)'s \(parameter.name) takes everything")
    }
  }

  /// Whether a value is of a kind that the parameter does not take.
  private func isRefused(_ value: Value, by parameter: Parameter) -> Bool {
    do { return try parameter.accepts(value) == nil } catch { return false }
  }

  @Test func unknownAndRepeatedKeywords() throws {
    let bench = BuiltinBench()
    let one = Value.number(1)
    #expect(bench.failure("sum", one, named: [("axes", one)]) == "sum has no argument axes")
    #expect(
      bench.failure("sum", one, named: [("x", one)]) == "sum is given the argument x twice")
    let error = RuntimeError.unknownArgument(
      function: "sum", name: "axes", known: ["x", "axis", "keepdims"], usage: nil)
    #expect(error.hint == "did you mean axis?")
  }

  @Test func messages() throws {
    let bench = BuiltinBench()
    #expect(
      bench.failure("sum", .text("a"))
        == "sum: x must be a tensor, a number or a list of numbers, not the string \"a\"")
    #expect(bench.failure("matmul", .number(1)) == "matmul needs the argument b")
    #expect(
      bench.failure("exp", .number(1), .number(2)) == "exp takes 1 argument, and 2 are given")
    #expect(
      bench.failure("one_hot", try .vector([0, 3]), .number(3))
        == "one_hot: row 1 has the label 3, which is outside 0…2")
    #expect(
      bench.failure("eye", .number(2.5)) == "eye: n must be a whole number, not the number 2.5")
  }

  @Test func hugeSizesAreOutOfMemory() throws {
    let bench = BuiltinBench()
    let failures = [
      bench.failure("zeros", .number(1e12)), bench.failure("zeros", .number(1e9), .number(1e9)),
      bench.failure("ones", .number(1e30)), bench.failure("eye", .number(1e6)),
      bench.failure("rand", .number(1e12)), bench.failure("arange", .number(1e13)),
      bench.failure("linspace", .number(0), .number(1), .number(1e12)),
      bench.failure("repeat", try .vector([1, 2]), .number(1e13)),
      bench.failure("one_hot", try .vector([0]), .number(1e13)),
      bench.failure("xavier", .number(1e8), .number(1e8)),
      bench.failure("dense", .number(1e8), .number(1e8)),
      bench.failure("full", .items([.number(1e7), .number(1e7)]), .number(1)),
      bench.failure("bincount", try .vector([1e13])),
      bench.failure(
        "map", try .builtin("relu"),
        .range(Box(NumberRange(lower: 0, upper: 1e14, isInclusive: false)))),
    ]
    for failure in failures {
      #expect(failure?.contains("not enough memory") == true, "\(failure ?? "nothing thrown")")
    }
  }
}
