import Foundation
import Syntax
import Tensors
import Testing

@testable import Language

@Suite struct BuiltinFormatTests {
  @Test func numbersAsPython() throws {
    let table = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/formats.txt")
    let lines = try String(contentsOf: table, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 500)
    for line in lines {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      let value = try #require(Double(parts[0]))
      let specification = try #require(FormatSpecification(String(parts[1])), "\(parts[1])")
      let text = try Value.number(value).formatted(specification)
      #expect(text == parts[2], "\(parts[0]) as \(parts[1])")
    }
  }

  @Test func otherValues() throws {
    func text(_ value: Value, _ specification: String) throws -> String {
      try value.formatted(#require(FormatSpecification(specification)))
    }
    #expect(try text(.text("ab"), "5") == "ab   ")
    #expect(try text(.text("ab"), ">5") == "   ab")
    #expect(try text(.text("abcdef"), ".3") == "abc")
    #expect(try text(.text("ab"), "^6s") == "  ab  ")
    #expect(try text(.bool(true), "6") == "true  ")
    #expect(try text(.tensor(Box(Tensor.full([1, 1], 0.5))), ".2f") == "0.50")
    #expect(try text(.number(3), "5") == "    3")
    #expect(try text(.vector([1, 2]), ".2f") == "[1.00, 2.00]")
    #expect(try text(.matrix([[1, 2], [3, 4]]), ".1f") == "[[1.0, 2.0], [3.0, 4.0]]")
    #expect(try text(.items([.number(1), .number(2)]), ".1f") == "[1.0, 2.0]")
  }

  @Test func refusals() throws {
    func refuses(_ value: Value, _ specification: String) throws -> Bool {
      let specification = try #require(FormatSpecification(specification))
      return (try? value.formatted(specification)) == nil
    }
    #expect(try refuses(.number(2.5), "d"))
    #expect(try refuses(.number(.nan), "d"))
    #expect(try refuses(.text("a"), ".2f"))
    #expect(try refuses(.vector([1.5, 2]), "d"))
    #expect(try refuses(.items([.text("a")]), "d"))
    #expect(try refuses(.fields([]), "d"))
    #expect(try refuses(.number(1), ".5d"))
  }

  @Test func longFieldsAreLimited() throws {
    var wide = FormatSpecification()
    wide.width = .max
    #expect(throws: RuntimeError.self) { try Value.number(1).formatted(wide) }
    var long = FormatSpecification()
    long.precision = .max
    long.conversion = "f"
    #expect(throws: RuntimeError.self) { try Value.number(1e308).formatted(long) }
    long.precision = 1000
    #expect(try Value.number(-1.7e308).formatted(long).count == 1311)
  }
}
