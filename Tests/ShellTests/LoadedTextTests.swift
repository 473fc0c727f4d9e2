import BinaryUnderTest
import Testing

/// `load -` and `load /dev/stdin`: what standard input holds, told by its content.
@Suite struct LoadedTextTests {
  @Test(arguments: [
    ("1,2\n3,4\n", "x.shape", "[2, 2]\n"), ("a,b\n1,2\n3,4\n", "x.b", "2 tensor f32\n  2  4\n"),
    ("name;town\nAnn;Bern\n", "x.town", "[\"Bern\"]\n"),
    ("{\"a\": [1, 2]}", "x.a", "[1, 2]\n"),
    ("{\"a\": 1}\n{\"a\": 2}\n", "len(x)", "2\n"),
    ("Call me Ishmael.\nSome years ago\n", "len(x)", "32\n"),
  ])
  func standardInputIsReadByItsContent(_ text: String, _ code: String, _ output: String) throws {
    for source in ["-", "/dev/stdin"] {
      let outcome = try NNSH.run(["-q", "-c", "load \(source) as x\n\(code)"], input: text)
      #expect(outcome.output == output, "\(outcome.errors)")
      #expect(outcome.code == 0 && outcome.errors.hasPrefix("x  "))
    }
  }

  @Test func nothingOnStandardInputIsAnError() throws {
    let outcome = try NNSH.run(["-q", "-c", "load - as x"])
    #expect(outcome.code == 1 && outcome.errors.contains("empty"))
  }

  @Test func whatLoadTellsIsNoResult() throws {
    let outcome = try NNSH.run(["-q", "-c", "load letters"])
    #expect(outcome.output.isEmpty && outcome.errors.contains("28×28 images"))
  }

  @Test func everyThinsTheLog() throws {
    let code = """
      d = dataset([[0], [1]], [0, 1])
      net = dense(1, 2) |> softmax
      train net on d epochs=10 every=4
      """
    let outcome = try NNSH.run(["-c", code])
    let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("epoch ") }
    #expect(lines.map { $0.split(separator: " ")[1] } == ["4/10", "8/10", "10/10"])
    let stopped = try NNSH.run(["-c", code + " each { if epoch == 6 { stop } }"])
    let last = stopped.errors.split(separator: "\n").filter { $0.hasPrefix("epoch ") }
    #expect(last.map { $0.split(separator: " ")[1] } == ["4/10", "6/10"])
  }
}
