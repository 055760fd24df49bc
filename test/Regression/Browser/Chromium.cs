using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.Tests.Regression.Browser;

/// <summary>A headless Chromium with one open page, spoken to by the DevTools protocol.</summary>
internal sealed class Chromium : IDisposable
{
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly string _profile;
    private readonly List<JsonNode> _events = [];
    private string? _session;
    private int _lastId;

    private Chromium(Process process, string profile)
    {
        _process = process;
        _profile = profile;
    }

    /// <summary>What went wrong in the page: exceptions, console errors and failed requests.</summary>
    public IReadOnlyList<string> Errors =>
    [
        .. _events.Where(e => Method(e) is "Runtime.exceptionThrown" or "Network.loadingFailed"
            || Method(e) == "Runtime.consoleAPICalled" && (string?)e["params"]!["type"] is "error" or "warning"
            || Method(e) == "Log.entryAdded" && (string?)e["params"]!["entry"]!["level"] == "error").Select(e => e.ToJsonString()),
    ];

    /// <summary>Addresses the page asked for.</summary>
    public IReadOnlyList<string> Requests => [.. _events.Where(e => Method(e) == "Network.requestWillBeSent").Select(e => (string)e["params"]!["request"]!["url"]!)];

    /// <summary>The browser given by -p:Chromium=PATH, or found through PATH; null where there is none.</summary>
    public static string? Find(string? given) => !string.IsNullOrEmpty(given)
        ? File.Exists(given) ? given : throw new FileNotFoundException($"-p:Chromium={given}: there is no such file")
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    public static async Task<Chromium> Start(string path, string profile)
    {
        Directory.CreateDirectory(profile);
        var process = Process.Start(new ProcessStartInfo(path,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank",
        ])
        { RedirectStandardError = true })!;
        var browser = new Chromium(process, profile);
        const string Announcement = "DevTools listening on ";
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(Announcement, StringComparison.Ordinal))
                continue;
            // what it says later must not fill the pipe
            _ = process.StandardError.ReadToEndAsync();
            await browser._socket.ConnectAsync(new Uri(line[Announcement.Length..]), CancellationToken.None);
            await browser.OpenPage();
            return browser;
        }

        throw new InvalidOperationException($"{path} ended before it listened, exit code {process.ExitCode}");
    }

    /// <summary>Opens an address in a window <paramref name="width"/> pixels wide and waits until it is loaded.</summary>
    public async Task Open(string address, int width, bool dark = false)
    {
        _events.Clear();
        await Send("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
        await Send("Emulation.setEmulatedMedia",
            new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }) });
        await Send("Page.navigate", new JsonObject { ["url"] = address });
        while (!_events.Any(e => Method(e) == "Page.loadEventFired"))
            await Receive();
    }

    /// <summary>The value of a JavaScript expression in the page.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        JsonNode result = await Send("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        return result["exceptionDetails"] is { } fault ? throw new InvalidOperationException(fault.ToJsonString()) : result["result"]!["value"];
    }

    /// <summary>Presses and releases a key as a user does.</summary>
    public async Task Press(string key, int code, string text = "")
    {
        foreach (string type in new[] { "keyDown", "keyUp" })
            await Send("Input.dispatchKeyEvent",
                new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code, ["text"] = type == "keyDown" ? text : "" });
    }

    /// <summary>A picture of the window, or of the whole page.</summary>
    public async Task<byte[]> Screenshot(bool whole = false) => Convert.FromBase64String((string)(await Send("Page.captureScreenshot",
        new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = whole }))["data"]!);

    public void Dispose()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    private async Task OpenPage()
    {
        var target = (string)(await Send("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!;
        _session = (string)(await Send("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!;
        foreach (string domain in new[] { "Page", "Runtime", "Log", "Network" })
            await Send($"{domain}.enable", []);
    }

    private async Task<JsonNode> Send(string method, JsonObject parameters)
    {
        int id = ++_lastId;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
            message["sessionId"] = _session;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        while (true)
        {
            JsonNode answer = await Receive();
            if ((int?)answer["id"] != id)
                continue;
            return answer["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : answer["result"]!;
        }
    }

    private async Task<JsonNode> Receive()
    {
        using var text = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        JsonNode message = JsonNode.Parse(text.ToArray())!;
        if (message["method"] is not null)
            _events.Add(message);
        return message;
    }

    private static string Method(JsonNode message) => (string)message["method"]!;
}
