using System.Runtime.CompilerServices;

namespace VerifyTests;

/// <summary>A verification that may still be given settings; awaited, it runs once.</summary>
public sealed class SettingsTask(VerifySettings? settings, Func<VerifySettings, Task> run)
{
    private readonly VerifySettings _settings = settings ?? new();
    private Task? _task;

    public SettingsTask UseDirectory(string directory)
    {
        _settings.UseDirectory(directory);
        return this;
    }

    public SettingsTask UseFileName(string fileName)
    {
        _settings.UseFileName(fileName);
        return this;
    }

    public SettingsTask UseTextForParameters(string text)
    {
        _settings.UseTextForParameters(text);
        return this;
    }

    public Task ToTask() => _task ??= run(_settings);

    public TaskAwaiter GetAwaiter() => ToTask().GetAwaiter();
}
