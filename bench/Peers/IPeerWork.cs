namespace Alignment.Bench.Peers;

/// <summary>A piece of work that the library, its TRL-style composition from libtorch's operators and a peer in Python do by turns.</summary>
internal interface IPeerWork : IDisposable
{
    /// <summary>Writes model and work.json for the peer.</summary>
    void Write(string folder);

    /// <summary>By the library.</summary>
    PeerResult Own();

    /// <summary>Composed here of libtorch's operators, as people run it.</summary>
    void Composed();
}
