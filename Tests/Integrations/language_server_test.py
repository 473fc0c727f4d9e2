"""`nnsh --lsp`, driven by the client of pygls."""

import asyncio
import os

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

LIMIT = 60
URI = "file:///tmp/script.nns"
SCRIPT = """\
# Twice x.
fn twice(x) = 2 * x
größe = ones(2, 3)
y = "👍"; z = größe @ größe
twice(größe)
"""


class Editor:
    """A client that has opened a script."""

    def __init__(self):
        self.client = LanguageClient("tests", "1")
        self.published = asyncio.Queue()

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def note(parameters):
            self.published.put_nowait(parameters)

    async def __aenter__(self):
        await self.client.start_io(os.environ["NNSH"], "--lsp")
        answer = await self.client.initialize_async(
            types.InitializeParams(capabilities=types.ClientCapabilities())
        )
        self.capabilities = answer.capabilities
        self.client.initialized(types.InitializedParams())
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(uri=URI, language_id="nnsh", version=1, text=SCRIPT)
            )
        )
        return self

    async def __aexit__(self, *_):
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    async def diagnostics(self):
        return await asyncio.wait_for(self.published.get(), LIMIT)


DOCUMENT = types.TextDocumentIdentifier(uri=URI)


@pytest.mark.asyncio
async def test_diagnostics_follow_the_text():
    async with Editor() as editor:
        found = await editor.diagnostics()
        assert [d.range.start.line for d in found.diagnostics] == [3]
        # The thumb is two units of UTF-16.
        assert found.diagnostics[0].range.start.character == 14
        assert "2×3" in found.diagnostics[0].message
        change = types.TextDocumentContentChangePartial(
            range=types.Range(types.Position(3, 20), types.Position(3, 21)), text="*"
        )
        editor.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=URI, version=2), [change]
            )
        )
        found = await editor.diagnostics()
        assert found.version == 2 and not found.diagnostics


@pytest.mark.asyncio
async def test_features():
    async with Editor() as editor:
        client = editor.client
        hover = await client.text_document_hover_async(
            types.HoverParams(DOCUMENT, types.Position(4, 2))
        )
        assert "Twice x." in hover.contents.value
        completion = await client.text_document_completion_async(
            types.CompletionParams(DOCUMENT, types.Position(4, 2))
        )
        assert "twice" in [item.label for item in completion.items]
        help_ = await client.text_document_signature_help_async(
            types.SignatureHelpParams(DOCUMENT, types.Position(4, 6))
        )
        assert help_.signatures[0].label == "twice(x)" and help_.active_parameter == 0
        place = await client.text_document_definition_async(
            types.DefinitionParams(DOCUMENT, types.Position(4, 8))
        )
        assert place.range.start == types.Position(2, 0)
        symbols = await client.text_document_document_symbol_async(
            types.DocumentSymbolParams(DOCUMENT)
        )
        assert [symbol.name for symbol in symbols] == ["twice", "größe", "y", "z"]
