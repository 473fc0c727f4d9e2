import CKernels
import Foundation
import Testing

@testable import Tensors

/// How much memory there is, by what the system says of it.
@Suite struct MemoryGuardTests {
  /// Folders and files as a control group's, and what they leave.
  struct Group: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let membership: String
    let files: [String: String]
    let rest: Int?
  }

  static let groups = [
    Group(
      testDescription: "version 2, in a group of a group", membership: "0::/outer/inner\n",
      files: [
        "outer/memory.max": "1000000\n", "outer/memory.current": "400000\n",
        "outer/inner/memory.max": "max\n", "outer/inner/memory.current": "300000\n",
      ], rest: 600_000),
    Group(
      testDescription: "version 2, pages of files count as free", membership: "0::/job\n",
      files: [
        "job/memory.max": "1000000", "job/memory.current": "900000",
        "job/memory.stat": "anon 100\nfile 9\ninactive_file 300000\nactive_file 100000\n",
      ], rest: 500_000),
    Group(
      testDescription: "version 2, at the root", membership: "0::/\n",
      files: ["memory.max": "500", "memory.current": "600"], rest: 0),
    Group(
      testDescription: "version 1", membership: "5:cpu,cpuacct:/a\n4:memory:/job/7\n0::/\n",
      files: [
        "memory/job/7/memory.limit_in_bytes": "2000000",
        "memory/job/7/memory.usage_in_bytes": "500000",
        "memory/memory.limit_in_bytes": "9223372036854771712",
        "memory/memory.usage_in_bytes": "700000",
        "memory/job/7/memory.stat": "cache 5\ntotal_inactive_file 100000\n",
      ], rest: 1_600_000),
    Group(
      testDescription: "no limit", membership: "0::/\n", files: ["memory.max": "max"], rest: nil),
    Group(testDescription: "no such file", membership: "", files: [:], rest: nil),
  ]

  @Test(arguments: groups)
  func leastRestOfAllGroups(_ group: Group) throws {
    try Self.withGroups(group.files, group.membership) { root in
      let rest = nnsh_group_rest(root, root + "/membership")
      #expect(Int(clamping: rest) == group.rest ?? .max)
    }
  }

  struct ProcessorGroup: CustomTestStringConvertible {
    let testDescription: String
    let membership: String
    let files: [String: String]
    let count: Int
  }

  static let processorGroups = [
    ProcessorGroup(
      testDescription: "version 2, the group around it has less",
      membership: "0::/box/job\n",
      files: ["box/cpu.max": "150000 100000\n", "box/job/cpu.max": "max 100000\n"], count: 2),
    ProcessorGroup(
      testDescription: "version 1", membership: "4:cpu,cpuacct:/job\n",
      files: ["cpu/job/cpu.cfs_quota_us": "300000", "cpu/job/cpu.cfs_period_us": "100000"],
      count: 3),
    ProcessorGroup(
      testDescription: "version 1 without a limit", membership: "4:cpu,cpuacct:/job\n",
      files: ["cpu/job/cpu.cfs_quota_us": "-1", "cpu/job/cpu.cfs_period_us": "100000"],
      count: 1024),
    ProcessorGroup(testDescription: "no such file", membership: "", files: [:], count: 1024),
  ]

  @Test(arguments: processorGroups)
  func leastProcessorsOfAllGroups(_ group: ProcessorGroup) throws {
    try Self.withGroups(group.files, group.membership) { root in
      #expect(nnsh_group_processors(root, root + "/membership") == group.count)
    }
  }

  /// Calls the body with a folder that holds the files.
  static func withGroups(
    _ files: [String: String], _ membership: String, _ body: (String) throws -> Void
  ) throws {
    let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("groups-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (name, text) in files.merging(["membership": membership], uniquingKeysWith: { $1 }) {
      let file = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try body(root.path)
  }

  @Test func theLeastIsWhatCounts() {
    #expect(MemoryGuard.available > 0)
    #expect(MemoryGuard.available <= MemoryGuard.total)
  }

  @Test func whatCannotBeIsRefused() throws {
    #expect(throws: TensorError.self) { try MemoryGuard.require(.max) }
    #expect(throws: TensorError.self) { try MemoryGuard.check(elements: .nan) }
    #expect(throws: TensorError.self) { try MemoryGuard.check(elements: 1e300) }
    try MemoryGuard.require(1 << 20)
  }
}
