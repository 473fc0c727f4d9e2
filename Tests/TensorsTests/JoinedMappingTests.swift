import Foundation
import Synchronization
import Testing

@testable import Tensors

/// Files as one piece of memory, of which only a part is held at a time.
@Suite struct JoinedMappingTests {
  /// Files of these sizes, each after a header of its own length; numbers count on through all of them.
  private final class Files {
    let folder = NSTemporaryDirectory() + "nnsh-joined-\(UUID().uuidString)"
    private(set) var parts: [JoinedMapping.Part] = []

    init(_ counts: [Int]) throws {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var next = 0
      for (number, count) in counts.enumerated() {
        let offset = 24 + 4 * number
        var data = Data(repeating: 0xFF, count: offset)
        for _ in 0..<count {
          withUnsafeBytes(of: Float(next)) { data.append(contentsOf: $0) }
          next += 1
        }
        data.append(0xFF)
        let path = folder + "/part-\(number)"
        try data.write(to: URL(fileURLWithPath: path))
        parts.append(.init(path: path, offset: offset, byteCount: 4 * count))
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
  }

  private static let counts = [1, 300_000, 7, 500_001, 262_144, 1_000_000, 3]
  private static let total = counts.reduce(0, +)

  private func tensor(_ mapping: JoinedMapping) throws -> Tensor {
    try #require(Tensor(mapping, Shape(checking: [Self.total]), .f32))
  }

  @Test func numbersFollowOneAnother() throws {
    let files = try Files(Self.counts)
    let tensor = try tensor(try #require(JoinedMapping(files.parts)))
    #expect(tensor.isMapped)
    #expect(tensor.doubles() == (0..<Self.total).map(Double.init))
  }

  /// Many more numbers than are held, read by all threads in any order, several times.
  @Test func whatIsNotHeldIsReadAgain() throws {
    let counts = [Int](repeating: 5_000_000, count: 6)
    let files = try Files(counts)
    let mapping = try #require(JoinedMapping(files.parts, budget: 0))
    let count = counts.reduce(0, +)
    let tensor = try #require(Tensor(mapping, Shape(checking: [count]), .f32))
    let wrong = Mutex(0)
    for round in 0..<2 {
      Threads.run(64, work: count) { share in
        let place = (share * 37 + round) % 64
        try? tensor.withFloats { floats throws(TensorError) in
          var found = 0
          for index in stride(from: place * count / 64, to: (place + 1) * count / 64, by: 97)
          where floats[index] != Float(index) {
            found += 1
          }
          wrong.withLock { $0 += found }
        }
      }
    }
    #expect(wrong.withLock { $0 } == 0)
    #expect(mapping.heldBytes <= 80 << 20)
  }

  /// What is written is never let go of, and the files stay as they are.
  @Test func whatIsWrittenStays() throws {
    let files = try Files(Self.counts)
    let before = try files.parts.map { try Data(contentsOf: URL(fileURLWithPath: $0.path)) }
    var tensor = try tensor(try #require(JoinedMapping(files.parts, budget: 0)))
    try tensor.withMutableFloats { floats throws(TensorError) in
      for index in stride(from: 0, to: Self.total, by: 1000) { floats[index] = -1 }
    }
    let expected = (0..<Self.total).map { $0 % 1000 == 0 ? -1 : Double($0) }
    #expect(tensor.doubles() == expected)
    let after = try files.parts.map { try Data(contentsOf: URL(fileURLWithPath: $0.path)) }
    #expect(before == after)
  }

  enum Change: CaseIterable { case cut, removed, replaced }

  /// Zeros take the place of what is gone, and the process goes on.
  @Test(arguments: Change.allCases) func changedFilesAreTold(_ change: Change) throws {
    let files = try Files(Self.counts)
    let tensor = try tensor(try #require(JoinedMapping(files.parts)))
    let path = files.parts[3].path
    switch change {
    case .cut: truncate(path, 1000)
    case .removed: unlink(path)
    case .replaced:
      unlink(path)
      try Data(repeating: 1, count: 3_000_000).write(to: URL(fileURLWithPath: path))
    }
    _ = FileMapping.wasCut()
    let numbers = tensor.doubles()
    #expect(FileMapping.wasCut())
    #expect(numbers[Self.total - 1] == Double(Self.total - 1))
    #expect(numbers[Self.counts[0] + Self.counts[1] + Self.counts[2] + 500_000] == 0)
  }

  @Test func whatIsNoFileIsRefused() throws {
    #expect(JoinedMapping([]) == nil)
    #expect(JoinedMapping([.init(path: "/nowhere", offset: 0, byteCount: 4)]) == nil)
    let files = try Files([4])
    #expect(JoinedMapping(files.parts + [.init(path: "/nowhere", offset: 0, byteCount: 4)]) == nil)
  }
}
