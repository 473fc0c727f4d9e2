import Syntax
import Tensors
import Testing

@testable import Language
@testable import Library

/// Builtins that are elementwise operations run with what is around them as one pass.
@Suite struct ElementwiseChainTests {
  /// Every builtin that says which kernel it is.
  static let builtins = Builtin.all.filter { $0.elementwise != nil }.map(\.name)

  /// Runs `y = …` and gives `y` with the chains of the program that applied.
  private func run(_ expression: String, _ bench: MachineBench) throws -> (Value?, applied: Int) {
    let program = try bench.machine.compile(SourceText("y = " + expression, name: "test.nns"))
    try bench.machine.run(program)
    let chains = program.codes.flatMap(\.tables.chains)
    let applied = chains.count { chain in chain.plans.values.contains { $0 != nil } }
    return (bench.machine.globals["y"], applied)
  }

  @Test(arguments: builtins, ["", "f64"])
  func aBuiltinIsFused(_ name: String, _ type: String) throws {
    let builtin = try #require(Builtin.named(name))
    let bench = MachineBench()
    bench.run("x = \(type)([[-1.5, -0.4, 0], [0.3, 1.2, 2.6]]); b = \(type)([0.5, 0.2, 0.9])")
    let others = String(repeating: ", 0.25", count: (builtin.elementwise?.operandCount ?? 1) - 1)
    let (fused, applied) = try run("\(name)(x * 0.5 + 0.1\(others))", bench)
    #expect(applied == 1, "\(name) runs by itself")
    // The operations one by one, each into a variable.
    bench.run("p = x * 0.5; q = p + 0.1; r = \(name)(q\(others))")
    let plain = try #require(bench.machine.globals["r"])
    #expect(fused?.printed == plain.printed, "\(name)")
    #expect(try fused?.asTensor()?.elementType == plain.asTensor()?.elementType, "\(name)")
  }

  /// Arithmetic with truth values has a type of its own, so they end a chain.
  @Test(arguments: builtins.filter { Builtin.named($0)?.elementwise?.isLogical == true })
  func truthValuesStandAtTheRoot(_ name: String) throws {
    let bench = MachineBench()
    bench.run("x = f64([1, 2, 3]); t = \(name)(x); r = t * 2 + 1")
    let (value, _) = try run("\(name)(x) * 2 + 1", bench)
    #expect(value?.printed == bench.machine.globals["r"]?.printed)
    #expect(
      try value?.asTensor()?.elementType == bench.machine.globals["r"]?.asTensor()?.elementType)
  }

  /// A builtin has the name of its kernel, and a kernel's builtin says so.
  @Test func namesAgree() {
    for builtin in Builtin.all {
      if let operation = builtin.elementwise { #expect(operation.name == builtin.name) }
    }
    let kernels = UnaryOperation.allCases.map(\.name) + ["minimum", "maximum"]
    for name in kernels where Builtin.named(name) != nil {
      #expect(Builtin.named(name)?.elementwise != nil, "\(name) is a kernel and is not fused")
    }
  }

  /// One number gives what a tensor of Float64 gives, to the rounding of its vectorised form.
  @Test(arguments: builtins) func numbersAgreeWithTensors(_ name: String) throws {
    let operands = Builtin.named(name)?.elementwise?.operandCount ?? 1
    let bench = MachineBench()
    for x in ["-1.5", "-0.4", "0", "0.3", "2.5", "inf", "-inf", "nan"] {
      let list = Array(repeating: x, count: operands).joined(separator: ", ")
      let vectors = Array(repeating: "f64([\(x)])", count: operands).joined(separator: ", ")
      bench.run("a = \(name)(\(list)); v = \(name)(\(vectors)); b = v[0]")
      #expect(bench.machine.globals["a"]?.printed == bench.machine.globals["b"]?.printed, "\(x)")
    }
  }
}

extension Builtin {
  fileprivate var name: String { declaration.name }
}
