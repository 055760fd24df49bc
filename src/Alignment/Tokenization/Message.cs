namespace Alignment.Tokenization;

/// <summary>Who speaks.</summary>
internal enum Role
{
    /// <summary>Instructions above the conversation.</summary>
    System,

    /// <summary>The human.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One message of a conversation.</summary>
internal sealed record Message(Role Role, string Text);
