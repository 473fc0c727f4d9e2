import Testing

@testable import Language
@testable import Library

@Suite struct BuiltinRegistryTests {
  @Test func namesAreUnique() {
    let names = Builtin.allNames + Prelude.declarations.map(\.name)
    let repeated = Dictionary(grouping: names, by: \.self).filter { $0.value.count > 1 }.keys
    #expect(repeated.isEmpty, "\(repeated)")
  }

  @Test(arguments: declarations) func declarationIsComplete(_ name: String) throws {
    let declaration = try #require(Self.declaration(name))
    #expect(!declaration.summary.isEmpty)
    #expect(!declaration.summary.hasSuffix("."))
    #expect(!declaration.result.isEmpty)
    #expect(!declaration.examples.isEmpty)
    #expect(!declaration.seeAlso.isEmpty)
    for other in declaration.seeAlso {
      #expect(Self.declaration(other) != nil, "\(name) refers to \(other)")
      #expect(other != name)
    }
    for parameter in declaration.parameters {
      #expect(!parameter.summary.isEmpty, "\(name)'s \(parameter.name)")
    }
    let names = declaration.parameters.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count <= GivenParameters.limit)
  }

  @Test func contractNamesExist() {
    let contract = """
      relu gradRelu softmax compute averageCE gradCE dL_dW_o dL_db_o dL_dW_h dL_db_h zeros ones \
      full eye arange linspace rand randn xavier he one_hot tensor f32 f64 seed shape ndim size \
      reshape transpose concat stack squeeze expand_dims flatten repeat exp log log1p sqrt abs \
      sign sin cos tanh sigmoid gelu softplus floor ceil round min max minimum maximum clip where \
      isnan isfinite sum mean var std prod argmin argmax norm any all cumsum sort argsort unique \
      bincount matmul dot outer trace diag dense conv2d max_pool avg_pool batch_norm dropout residual cross_entropy mse accuracy confusion sgd adam adamw rmsprop cosine step_decay \
      warmup dataset split shuffle batches print len type str number map filter zip range keys \
      exit assert error try
      """
    let missing = contract.split(separator: " ").map(String.init)
      .filter { Self.declaration($0) == nil }
    #expect(missing.isEmpty, "\(missing)")
  }

  @Test func aliasesFindTheirBuiltin() {
    #expect(Builtin.named("concatenate")?.name == "concat")
    #expect(Builtin.named("nothing_of_this_name") == nil)
  }

  @Test func signatures() throws {
    #expect(
      Builtin.named("sum")?.declaration.signature == "sum(x, axis=none, keepdims=false)")
    #expect(Builtin.named("zeros")?.declaration.signature == "zeros(shape…)")
    #expect(
      Builtin.named("dense")?.declaration.signature
        == "dense(in=…, out=…, init=\"xavier\", bias=true)")
  }

  static let declarations =
    Builtin.all.map(\.name) + Prelude.declarations.map(\.name)

  static func declaration(_ name: String) -> Declaration? {
    Builtin.named(name)?.declaration ?? Prelude.declarations.first { $0.name == name }
  }
}
